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


def cases(text):
    """{case: who maintained} as the program says, with TEXT for dma.c."""
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
    return dict(line.rsplit(": ", 1) for line in done.stdout.splitlines())


class Maintenance(unittest.TestCase):
    def test_rule(self):
        self.assertEqual(cases(SOURCE.read_text(encoding="utf-8")), {
            "own": "cpu 2 xen 0",
            "pmem": "cpu 2 xen 0",
            "pmem that goes": "cpu 2 xen 0",
            "reserved": "cpu 2 xen 0",
            "bounce buffer": "cpu 2 xen 0",
            "no-map": "cpu 0 xen 0",
            "hole": "cpu 0 xen 0",
            "once": "cpu 2 xen 0",
            "once, and its second page twice": "cpu 2 xen 0",
            "once, number of the region for grants": "cpu 2 xen 0",
            "once, number of a hole": "cpu 2 xen 0",
            "once, number of no-map memory": "cpu 0 xen 2",
            "twice, first gone": "cpu 0 xen 2",
            "twice, second gone": "cpu 0 xen 2",
            "own, granted to itself, gone there": "cpu 0 xen 2",
            "given back to Xen, now foreign": "cpu 0 xen 2",
        })

    def test_sees_a_fault(self):
        text = trees.with_body(SOURCE.read_text(encoding="utf-8"), "xen_is_callers",
                               "return true;")
        said = cases(text)
        self.assertEqual(said["twice, first gone"], "fault")
        self.assertEqual(said["own, granted to itself, gone there"], "fault")


if __name__ == "__main__":
    unittest.main()
