"""rig/kunit.py: what it makes of kunit.py's answers."""
import subprocess
import unittest
from pathlib import Path

from rig import kunit

CASE = kunit.CASES[0]
GOOD = {"name": "KUnit Test Group", "test_cases": [], "sub_groups": [
    {"name": "xen-p2m", "test_cases": [{"name": "a", "status": "PASS"},
                                       {"name": "b", "status": "PASS"}]}]}


def passed(document, console="", status=0):
    found = kunit.results(CASE, document, console, status)
    return all(result.passed for result in found), [result.name for result in found]


class Results(unittest.TestCase):
    def test_good(self):
        good, names = passed(GOOD)
        self.assertTrue(good)
        self.assertIn("arm64-kasan: xen-p2m: b", names)

    def test_bad(self):
        worse = {"name": "x", "test_cases": [{"name": "a", "status": "FAIL"}]}
        self.assertFalse(passed(worse, status=1)[0])
        self.assertFalse(passed({}, status=0)[0])
        self.assertFalse(passed(GOOD, status=1)[0])
        self.assertFalse(passed(GOOD, "[    1.0] BUG: KASAN: use-after-free in f\n")[0])
        skipped = {"name": "x", "test_cases": [{"name": "a", "status": "SKIP"}]}
        self.assertFalse(passed(skipped)[0])

    def test_command(self):
        words = kunit.command(CASE, Path("tree"), Path("out"), Path("json"))
        self.assertIn("--kconfig_add=CONFIG_KASAN=y", words)
        self.assertIn("--arch=arm64", words)
        self.assertIn("--kunitconfig=arch/arm/xen", words)

    def test_emulated(self):
        done = subprocess.run(["sh", "-c", kunit.EMULATOR % "'printf' '%s.'", "sh", "-accel",
                               "kvm", "-append", "a b"], capture_output=True, text=True,
                              check=True)
        self.assertEqual(done.stdout, "-accel.tcg.-append.a b.")

    def test_other_suite(self):
        case = next(case for case in kunit.CASES if case.arch == "x86_64")
        words = kunit.command(case, Path("tree"), Path("out"), Path("json"))
        self.assertIn("--kunitconfig=kernel/dma", words)
        self.assertEqual(case.target, "x86_64")


if __name__ == "__main__":
    unittest.main()
