"""machine/testfile.py and machine/boot.py: what tests declare, and how boots are shared."""
import unittest

from rig.common import paths
from rig.common.arches import PLATFORMS
from rig.common.error import RigError
from rig.machine import testfile
from rig.machine.boot import plan
from rig.machine.machine import Machine

HEAD = """\
#!/bin/sh
# Plain words.
#: platforms: pv arm64
#: devices: nvme ahci
#: memory: 2048   dom0_mem: 512M,max:512M   xen: a=b c
#: linux: swiotlb=force
#: linux@arm64: swiotlb=noforce
#: domu: yes   timeout: 90
#: base: expected-fail it bounces
#: fails: nothing bounces
echo "#: memory: 1"
"""


def one(name, text):
    return testfile.parse(f"{name}.sh", text)


class Parse(unittest.TestCase):
    def test_head(self):
        test = one("t", HEAD)
        self.assertEqual(test.name, "t")
        self.assertEqual(test.platforms, ("pv", "arm64"))
        self.assertEqual(test.timeout("pv"), 90)
        self.assertTrue(test.flag("domu", "pv"))
        self.assertEqual(test.machine("pv"), Machine(
            "pv", memory=2048, dom0_mem="512M,max:512M", xen="a=b c", linux="swiotlb=force"))
        self.assertEqual(test.machine("arm64").linux, "swiotlb=noforce")
        self.assertEqual(test.get("base", "pv"), "expected-fail it bounces")

    def test_no_head_runs_everywhere(self):
        self.assertEqual(one("t", "true\n").platforms, tuple(PLATFORMS))

    def test_errors_name_the_word(self):
        for text, words in (("#: colour: red\n", "'colour'"), ("#: devices: floppy\n", "floppy"),
                            ("#: platforms: mips\n", "mips"), ("#: memory: lots\n", "lots"),
                            ("#: linux@mips: x\n", "mips"), ("#: nonsense\n", "nonsense"),
                            ("#: domu: maybe\n", "maybe"), ("#: programs: none\n", "none"),
                            ("#: timeout: 1\n#: timeout: 2\n", "twice"),
                            ("#: expect: fail x\n", "'fails'"),
                            ("#: platforms: pv arm\n#: base: expected-fail x\n"
                             "#: fails@pv: y\n", "on arm")):
            with self.subTest(text), self.assertRaisesRegex(RigError, words):
                one("t", text)

    def test_own_tests_parse(self):
        for folder in ("tests", "bench"):
            tests = testfile.load_all(paths.RIG / "guest" / folder)
            self.assertTrue(tests)
            self.assertTrue(all(test.platforms for test in tests))


class Plan(unittest.TestCase):
    def setUp(self):
        self.tests = [one("a", "#: devices: nvme\n"), one("b", "#: devices: e1000e ahci\n"),
                      one("c", "#: linux: swiotlb=force\n#: platforms: pv\n")]

    def test_equal_machines_share(self):
        boots = plan(self.tests, ["pv"])
        self.assertEqual([[t.name for t in boot.tests] for boot in boots], [["a", "b"], ["c"]])
        self.assertEqual(boots[0].devices, ("nvme", "ahci", "e1000e"))
        self.assertEqual(boots[0].timeout, 600)

    def test_platforms_keep_apart(self):
        boots = plan(self.tests, ["pv", "arm"])
        self.assertEqual([boot.name for boot in boots], ["pv-a", "pv-c", "arm-a"])

    def test_each_number_of_cpus_is_a_machine(self):
        tests = [*self.tests[:2], one("m", "#: platforms: pv\n#: cpus: 1 2 4\n")]
        self.assertEqual([(boot.name, boot.machine.cpus, [t.name for t in boot.tests])
                          for boot in plan(tests, ["pv"])],
                         [("pv-a", 1, ["a", "b", "m"]), ("pv-m2", 2, ["m"]), ("pv-m4", 4, ["m"])])

    def test_own_kernel(self):
        test = one("n", "#: kernel: notranslate\n")
        self.assertEqual(test.machine("pv").kernel, "notranslate")
        self.assertEqual(test.machine("pv", "base").kernel, "base")

    def test_what_must_fail_is_alone(self):
        tests = self.tests[:1] + [one("f", "#: base: expected-fail it bounces\n#: fails: x\n")]
        self.assertEqual(len(plan(tests, ["pv"])), 1)
        self.assertEqual(len(plan(tests, ["pv"], "base")), 2)
        self.assertEqual(tests[1].must_fail("pv", "base"), "it bounces")
        self.assertEqual(one("e", "#: expect: fail wrong\n#: fails: x\n").must_fail("pv", "ours"), "wrong")

    def test_what_is_forgiven_faults_is_alone(self):
        tests = self.tests[:1] + [one("f", "#: faults: yes\n")]
        self.assertEqual(len(plan(tests, ["pv"])), 2)

    def test_not_run_on_base(self):
        test = one("t", "#: platforms: pv\n#: base: not-run it dies\n")
        self.assertEqual(test.not_run("pv", "base"), "it dies")
        self.assertEqual(test.not_run("pv", "base-fast"), "it dies")
        fails = one("t", "#: platforms: pv\n#: base: expected-fail it dies\n#: fails: x\n")
        self.assertEqual(fails.must_fail("pv", "base-fast"), "it dies")
        self.assertEqual(fails.must_fail("pv", "ours-fast"), "")
        self.assertEqual(test.not_run("pv", "ours"), "")
        self.assertEqual(plan([test], ["pv"], "base"), [])
        self.assertEqual(len(plan([test], ["pv"])), 1)

    def test_a_control_is_not_run_on_base(self):
        test = one("c", "#: kernel: notranslate\n#: expect: fail it cannot\n#: fails: x\n")
        self.assertNotEqual(test.not_run("arm64", "base"), "")
        self.assertEqual(test.not_run("arm64", "ours"), "")

    def test_full_only_when_asked(self):
        slow = [one("s", "#: full: yes\n")]
        self.assertEqual(plan(slow, ["pv"]), [])
        self.assertEqual(len(plan(slow, ["pv"], full=True)), 1)


if __name__ == "__main__":
    unittest.main()
