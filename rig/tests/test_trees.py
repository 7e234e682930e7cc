"""rig/trees.py: the negative control changes one function, or says that it cannot."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import paths  # noqa: E402
import trees  # noqa: E402

HEADER = """\
static __always_inline phys_addr_t dma_phys_to_bus(struct device *dev,
						   phys_addr_t phys)
{
	return on(dev) ? xen(phys) : phys;
}

static inline phys_addr_t other(phys_addr_t phys)
{
	return phys + 1;
}
"""


class Control(unittest.TestCase):
    def test_one_function(self):
        changed = trees.without_translation(HEADER)
        self.assertIn("{\n\treturn phys;\n}\n\nstatic inline", changed)
        self.assertIn("return phys + 1;", changed)
        self.assertNotIn("xen(phys)", changed)

    def test_nothing_to_disable(self):
        with self.assertRaises(trees.TreeError):
            trees.without_translation(HEADER.replace("dma_phys_to_bus", "renamed"))
        with self.assertRaises(trees.TreeError):
            trees.without_translation(trees.without_translation(HEADER))

    def test_own_header(self):
        text = (paths.REPO / trees.CONTROL_FILE).read_text(encoding="utf-8")
        self.assertNotEqual(trees.without_translation(text), text)


if __name__ == "__main__":
    unittest.main()
