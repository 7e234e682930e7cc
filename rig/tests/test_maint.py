"""arch/arm/xen/dma.c in user space: who maintains caches, and through which mapping.

On TCG cache operations do nothing, so that no boot shows a fault. Here they are loads.
"""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from rig.common import paths
from rig.kernels import trees

SOURCE = paths.REPO / "arch" / "arm" / "xen" / "dma.c"
PROGRAM = paths.RIG / "tests" / "maint"


def output(text):
    """What the program says, with TEXT for dma.c."""
    with tempfile.TemporaryDirectory() as tmp:
        for name in re.findall(r"^#include <(.*)>", text, re.M):
            path = Path(tmp, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        Path(tmp, "dma.c").write_text(text, encoding="utf-8")
        subprocess.run(["gcc", "-w", "-O1", f"-I{tmp}", "-include", PROGRAM / "shim.h", "-o",
                        f"{tmp}/maint", PROGRAM / "main.c"], check=True, timeout=60)
        done = subprocess.run([f"{tmp}/maint"], capture_output=True, text=True, check=True,
                              timeout=60)
    return done.stdout


def cases(text):
    """{case: who maintained} of the same."""
    return {case: words.strip() for case, _, words in
            (line.partition(":") for line in output(text).splitlines())}


class Maintenance(unittest.TestCase):
    def test_rule(self):
        said = output(SOURCE.read_text(encoding="utf-8"))
        self.assertEqual(said, (PROGRAM / "expected").read_text(encoding="utf-8"))

    def test_sees_a_fault(self):
        text = trees.with_body(SOURCE.read_text(encoding="utf-8"), "xen_is_callers",
                               "return true;")
        said = cases(text)
        self.assertRegex(said["twice, first gone"], "fault$")
        self.assertRegex(said["own, granted to itself, gone there"], "fault$")


if __name__ == "__main__":
    unittest.main()
