"""rig/boots.py without a machine: what a missing part fails, and what it leaves alone."""
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig import boots
from rig.common import tell
from rig.common.arches import PLATFORMS
from rig.common.error import RigError
from rig.fetch import apt
from rig.machine import testfile
from rig.machine.boot import Boot, plan
from rig.tests.test_judge import GOOD, outcome
from rig.verdict import judge, ktap, summary


def test(name, head):
    return testfile.parse(f"{name}.sh", head)


TESTS = [test("t", "#: platforms: pvh arm64\n"),
         test("smmu", "#: platforms: arm64\n#: hypervisor: smmu\n"),
         test("colors", "#: platforms: arm64\n#: hypervisor: smmu\n#: xen_options: LLC_COLORING\n"),
         test("alone", "#: platforms: arm64\n#: hypervisor: smmu\n#: xen_options: LLC_COLORING\n"
              "#: memory: 3072\n"),
         test("silent", "#: platforms: arm64\n#: hypervisor: silent\n")]


class Old:
    """A Xen without what is newer."""

    about = "Xen 4.17.5-1"

    @staticmethod
    def lacks(options):
        return list(options)


class Parts(unittest.TestCase):
    """boot_all() where some of what boots need is missing."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.place = Path(tmp.name)
        self.words = []
        self.booted = []
        for patch in (mock.patch.object(tell, "write", self.words.append),
                      mock.patch.object(boots.runner, "run", self.boot),
                      mock.patch.object(boots.hypervisor, "xen", self.xen),
                      mock.patch.object(boots.trees, "tree", lambda name: name),
                      mock.patch.object(boots.kernel, "build", self.build)):
            patch.start()
            self.addCleanup(patch.stop)
        self.bad_arch = ""

    def xen(self, flavour):
        if flavour == "silent":
            raise apt.AptError("no source of Xen can be had")
        return Old()

    def build(self, arch, variant, _tree):
        if arch == self.bad_arch:
            raise RigError("x.c:1: error")
        return f"{variant} {arch}"

    def boot(self, item, made, _directory, _files, _tell):
        self.booted += [one.name for one in item.tests]
        done = outcome(lines=[line.replace(" t", f" {item.tests[0].name}") for line in GOOD])
        done.boot = item
        self.assertEqual(made.split()[1], PLATFORMS[item.machine.platform])
        return done

    def verdicts(self):
        planned = plan(TESTS, ["pvh", "arm64"])
        return boots.boot_all(planned, boots.build_kernels(planned), self.place)

    def results(self, verdicts):
        return {name: [(result.passed, bool(result.skip)) for result in results]
                for verdict in verdicts for name, results, _ in verdict.groups}

    def test_xen_too_old_skips_and_none_fails(self):
        verdicts = self.verdicts()
        self.assertEqual([verdict.word for verdict in verdicts],
                         ["passed", "passed", "passed", "skipped", "FAILED"])
        found = self.results(verdicts)
        self.assertEqual(found["arm64-smmu: colors"], [(False, True)])
        self.assertEqual(found["arm64-alone: alone"], [(False, True)])
        self.assertEqual(found["arm64-silent: silent"], [(False, False)])
        self.assertEqual(sorted(self.booted), ["smmu", "t", "t"])
        text = summary.text(verdicts)
        self.assertIn("skipped: colors is run: Xen 4.17.5-1 has no LLC_COLORING", text)
        self.assertIn("FAILED silent: silent ran\n      why: no source of Xen can be had", text)
        writer = ktap.Writer()
        for verdict in verdicts:
            for group in verdict.groups:
                writer.group(*group)
        self.assertEqual((writer.failed, writer.skipped), (1, 2))
        self.assertIn("# SKIP Xen 4.17.5-1 has no LLC_COLORING\n", writer.text())
        self.assertRegex(writer.text(), r"(?m)^ok \d+ arm64-alone: alone # SKIP Xen")

    def test_kernel_that_does_not_build(self):
        self.bad_arch = "x86_64"
        verdicts = self.verdicts()
        self.assertEqual([verdict.word for verdict in verdicts],
                         ["FAILED", "passed", "passed", "skipped", "FAILED"])
        self.assertIn("x.c:1: error", "\n".join(self.words))

    def test_what_nobody_foresaw(self):
        with mock.patch.object(boots.runner, "run", side_effect=ZeroDivisionError("no")):
            verdicts = self.verdicts()
        self.assertFalse(any(verdict.passed for verdict in verdicts))
        self.assertIn("ZeroDivisionError: no", "\n".join(self.words))

    def test_nothing_but_skipped_is_no_pass(self):
        verdict = judge.not_booted(Boot(TESTS[3].machine("arm64"), [TESTS[3]]),
                                   skipped={"alone": "too old"})
        self.assertFalse(verdict.passed)


if __name__ == "__main__":
    unittest.main()
