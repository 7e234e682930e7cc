"""kernels/trees.py: a negative control changes one function, or says that it cannot; what
stands at the end of each series."""
import unittest

from rig import boots, check
from rig.common import paths
from rig.common.error import RigError
from rig.kernels import trees
from rig.machine import testfile

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
        changed = trees.with_body(HEADER, "dma_phys_to_bus", "return phys;")
        self.assertIn("{\n\treturn phys;\n}\n\nstatic inline", changed)
        self.assertIn("return phys + 1;", changed)
        self.assertNotIn("xen(phys)", changed)

    def test_nothing_to_disable(self):
        with self.assertRaises(RigError):
            trees.with_body(HEADER, "renamed", "return phys;")
        once = trees.with_body(HEADER, "dma_phys_to_bus", "return phys;")
        with self.assertRaises(RigError):
            trees.with_body(once, "dma_phys_to_bus", "return phys;")

    def test_own_files(self):
        for variant, changes in trees.CONTROLS.items():
            for name, function, body in changes:
                path = paths.REPO / name
                # Of upstream's files only hunks are here.
                if path.exists():
                    with self.subTest(variant, function=function):
                        text = path.read_text(encoding="utf-8")
                        self.assertNotEqual(trees.with_body(text, function, body), text)


class Ends(unittest.TestCase):
    def test_each_series_but_the_last(self):
        found = trees.ends()
        names = [line.split()[0] for line in (paths.REPO / "series/series").read_text().splitlines()
                 if line and not line.startswith("#")]
        self.assertEqual(list(found), names[:-1])
        files = [len(list((paths.REPO / "series" / name).glob("*.patch"))) for name in names]
        self.assertEqual(list(found.values()), [sum(files[:end]) for end in range(1, len(names))])

    def test_what_is_run_there_passes_before_and_after(self):
        for name in check.AT_ENDS:
            declared = testfile.load(boots.TESTS / f"{name}.sh").declared
            self.assertEqual([key for key in declared
                              if key.startswith(("base", "kernel", "expect"))], [])


if __name__ == "__main__":
    unittest.main()
