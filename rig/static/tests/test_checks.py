"""The small checks: what they read out of other programs' words."""
import tempfile
import unittest
from pathlib import Path

from rig.static import main
from rig.static.build import atbase, targets, warnings
from rig.static.build.ctx import Ctx, recall
from rig.static.checks import (checkpatch, forbidden, kerneldoc, ktapview, perpatch, pyunit,
                               shellcheck)


class KtapView(unittest.TestCase):

    GOOD = "\n".join([
        "[18:10:23] [PASSED] disk No.1 reads",
        "[18:10:23] # why: " + ktapview.WHY,
        "[18:10:23] [FAILED] disk No.2 reads",
        "[18:10:23] Testing complete. Ran 5 tests: passed: 3, failed: 1, "
        "skipped: 1"])

    def test_good(self):
        self.assertEqual(ktapview.faults(self.GOOD), [])

    def test_what_is_missing_is_named(self):
        late = self.GOOD.splitlines()
        late[1], late[2] = late[2], late[1]
        self.assertEqual(len(ktapview.faults("\n".join(late))), 1)
        self.assertEqual(len(ktapview.faults(
            self.GOOD.replace("# why", "# bytes"))), 1)
        self.assertEqual(len(ktapview.faults("")), 2)


class Warnings(unittest.TestCase):

    SAID = "\n".join([
        "/x/src/kernel/dma/direct.c:12:3: warning: unused variable 'a'",
        "../src/drivers/xen/own.c:7: warning: missing prototype",
        "../src/lib/other.c:7:1: warning: not ours",
        "make[2]: *** something"])

    def test_paths_are_the_trees(self):
        found = warnings.parse(self.SAID, "/x/src")
        self.assertEqual([f for f, _, _ in found],
                         ["drivers/xen/own.c", "kernel/dma/direct.c",
                          "lib/other.c"])

    def test_only_new_ones_in_our_files(self):
        after = warnings.parse(self.SAID, "/x/src")
        before = [("kernel/dma/direct.c", 3, "unused variable 'a'")]
        files = {"kernel/dma/direct.c", "drivers/xen/own.c"}
        self.assertEqual(warnings.new(before, after, files),
                         ["drivers/xen/own.c:7: missing prototype"])

    def test_a_second_one_alike_is_new(self):
        row = ("a.c", 1, "w")
        self.assertEqual(warnings.new([row], [row, ("a.c", 9, "w")], {"a.c"}),
                         ["a.c:9: w"])


class Targets(unittest.TestCase):

    OPTIONS = {"CONFIG_XEN", "CONFIG_IOMMU_DMA"}

    def ask(self, arch, paths, options=None):
        return targets.targets(arch, paths, lambda p: True,
                               self.OPTIONS if options is None else options)

    def test_other_arches_are_left_out(self):
        self.assertEqual(self.ask("arm64", ["arch/x86/kernel/pci-dma.c"]), [])
        self.assertEqual(self.ask("x86_64", ["arch/x86/kernel/pci-dma.c"]),
                         ["arch/x86/kernel/pci-dma.o"])

    def test_arm64_builds_arms_files(self):
        self.assertEqual(self.ask("arm64", ["arch/arm/xen/p2m.c"]),
                         ["arch/arm64/xen/"])

    def test_users_of_a_header(self):
        self.assertIn("drivers/iommu/dma-iommu.o",
                      self.ask("arm64", ["include/linux/dma-direct.h"]))
        self.assertNotIn("drivers/iommu/dma-iommu.o", self.ask(
            "arm", ["include/linux/dma-direct.h"], set()))

    def test_a_driver_is_built_where_it_is_configured(self):
        header = ["drivers/gpu/drm/xe/xe_bo.h", "drivers/gpu/drm/drm_cache.c"]
        self.assertEqual(self.ask("x86_64", header, {"CONFIG_DRM"}),
                         ["drivers/gpu/drm/drm_cache.o"])
        self.assertEqual(self.ask("x86_64", header, {"CONFIG_DRM", "CONFIG_DRM_XE"}),
                         ["drivers/gpu/drm/drm_cache.o", "drivers/gpu/drm/xe/xe_bo.o",
                          "drivers/gpu/drm/xe/xe_device.o"])
        self.assertEqual(self.ask("arm64", header, set()), [])

    def test_files_of_an_arch(self):
        owners = lambda *paths: [arch for arch in ("x86_64", "arm64", "arm")    # noqa: E731
                                 if targets.owns(arch, paths)]
        self.assertEqual(owners("kernel/dma/direct.c"), [])
        self.assertEqual(owners("kernel/dma/direct.c", "arch/x86/xen/dma.c"), ["x86_64"])
        self.assertEqual(owners("arch/arm/xen/p2m.c"), ["arm64", "arm"])
        self.assertEqual(owners("include/xen/arm/page.h"), ["arm64", "arm"])
        self.assertEqual(owners("arch/arm64/mm/init.c"), ["arm64"])
        self.assertEqual(owners("arch/arm/mm/init.c"), ["arm"])
        self.assertEqual(owners("drivers/iommu/dma-iommu.c"), ["arm64"])

    def test_only_the_touched_objects(self):
        paths = ["kernel/dma/direct.c", "kernel/dma/direct.h",
                 "drivers/xen/a.c", "arch/arm/xen/mm.c"]
        ask = lambda arch, options: targets.narrow(   # noqa: E731
            arch, paths, lambda p: True, options)
        self.assertEqual(ask("x86_64", self.OPTIONS),
                         ["drivers/xen/a.o", "kernel/dma/direct.o"])
        self.assertEqual(ask("arm64", self.OPTIONS),
                         ["arch/arm64/xen/", "drivers/xen/a.o",
                          "kernel/dma/direct.o"])
        self.assertEqual(ask("arm", set()), ["kernel/dma/direct.o"])

    def test_xens_directories_by_what_the_series_has_there(self):
        touched = ["drivers/xen/a.c", "arch/arm/xen/mm.c", "kernel/dma/direct.c"]
        ask = lambda arch: targets.some(    # noqa: E731
            arch, ["include/xen/page.h", "kernel/dma/direct.c"], touched,
            lambda p: True, self.OPTIONS)
        self.assertEqual(ask("x86_64"), ["drivers/xen/a.o", "kernel/dma/"])
        self.assertEqual(ask("arm"), ["arch/arm/xen/mm.o", "drivers/xen/a.o",
                                      "kernel/dma/"])
        self.assertEqual(ask("arm64"), ["arch/arm64/xen/", "drivers/xen/a.o",
                                        "kernel/dma/"])

    def test_a_file_that_another_includes(self):
        with tempfile.TemporaryDirectory() as place:
            src = Path(place)
            for name, text in (("a.c", 'int a;\n#include "a_kunit.c"\n'), ("a_kunit.c", ""),
                               ("kunit.c", ""), ("a.h", "")):
                (src / name).write_text(text, encoding="utf-8")
            self.assertEqual(targets.including(src, "a_kunit.c"), "a.c")
            self.assertIsNone(targets.including(src, "kunit.c"))
            self.assertEqual(targets.narrow("arm", ["a.c", "a_kunit.c", "kunit.c", "none.c"],
                                            targets.compiled(src), set()), ["a.o", "kunit.o"])
            self.assertTrue(targets.compiled(src)("a.h"))

    def test_without_xen(self):
        self.assertEqual(self.ask("arm", ["drivers/xen/a.c"], set()), [])

    def test_a_driver_that_is_not_configured(self):
        paths = ["drivers/pci/xen-pcifront.c"]
        option = {"CONFIG_XEN_PCIDEV_FRONTEND"}
        self.assertEqual(self.ask("arm64", paths), [])
        self.assertEqual(self.ask("x86_64", paths, option),
                         ["drivers/pci/xen-pcifront.o"])


class Checkpatch(unittest.TestCase):

    SAID = """\
WARNING:LONG_LINE: line length of 120 exceeds 100 columns
#12: FILE: a.c:3:
+code

ERROR:MISSING_SIGN_OFF: Missing Signed-off-by: line(s)

total: 1 errors, 1 warnings, 0 checks, 3 lines checked
"""

    def test_types(self):
        self.assertEqual([k for k, _ in checkpatch.messages(self.SAID)],
                         ["LONG_LINE", "MISSING_SIGN_OFF"])

    def test_place(self):
        self.assertIn("a.c:3", checkpatch.messages(self.SAID)[0][1])

    def test_what_is_tolerated(self):
        self.assertNotIn("LONG_LINE", checkpatch.TOLERATED)


class Forbidden(unittest.TestCase):

    def test_patterns(self):
        bad = {"a sign-off, which only a person may give":
               "text\nSigned-" "off-by: A Person <a@b.c>\n",
               "a path of some machine": "see /" "root/x.log",
               "a host of a package mirror": "http://deb." "mirror.net/x"}
        for what, text in bad.items():
            self.assertTrue(forbidden.PATTERNS[what].search(text), what)
        for text in ("a Signed-" "off-by line is missing", "$dir/" "root/x",
                     "http://deb.deb" "ian.org/", "http://mir" "ror/x"):
            self.assertFalse(any(p.search(text)
                                 for p in forbidden.PATTERNS.values()), text)

    def test_similarity(self):
        code = "\n".join("int function_%d(void);" % i for i in range(40))
        self.assertEqual(forbidden.similarity(code, code), 1.0)
        other = code.replace("int function", "long other")
        self.assertEqual(forbidden.similarity(code, other), 0.0)

    def test_a_binary_is_a_hit(self):
        with tempfile.NamedTemporaryFile() as stream:
            stream.write(b"\xff\xfe\0")
            stream.flush()
            self.assertTrue(forbidden.hits(Path(stream.name), "x", None))


class Others(unittest.TestCase):

    def test_kernel_doc(self):
        said = "Warning: a.c:12 function parameter 'x' not described in 'f'\n" \
               "WARNING: unrelated\n"
        self.assertEqual(sum(kerneldoc.messages(said, {"a.c"})["a.c"]
                             .values()), 1)

    def test_unit_runs(self):
        good = "Ran 3 tests in 0.1s\n\nOK\n"
        self.assertTrue(list(pyunit.results("x", 0, good))[-1][1])
        self.assertFalse(list(pyunit.results("x", 1, good))[-1][1])
        self.assertFalse(list(pyunit.results("x", 0, "Ran 0 tests"))[-1][1])
        self.assertFalse(list(pyunit.results(
            "x", 0, "Ran 3 tests in 0s\n\nOK (skipped=1)\n"))[-1][1])

    def test_shell_by_name_and_first_line(self):
        with tempfile.TemporaryDirectory() as top:
            script, other = Path(top) / "run", Path(top) / "tool"
            script.write_text("#!/bin/sh\n", "ascii")
            other.write_text("#!/usr/bin/python3\n", "ascii")
            self.assertTrue(shellcheck.is_shell(script))
            self.assertFalse(shellcheck.is_shell(other))


class Sampling(unittest.TestCase):
    """Which patches are built."""

    def test_full_takes_all(self):
        self.assertEqual(perpatch.drawn(3, True, "a day"), [1, 2, 3])

    def test_the_last_always(self):
        for last in (1, 2, 200):
            numbers = perpatch.drawn(last, False, "a day")
            self.assertEqual(numbers[-1], last)
            self.assertEqual(len(numbers), min(last, perpatch.SAMPLE + 1))
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_each_day_another(self):
        seen = {number for day in range(40) for number in perpatch.drawn(50, False, str(day))}
        self.assertEqual(seen, set(range(1, 51)))


class AtBase(unittest.TestCase):
    """What the base is asked of."""

    def test_only_of_what_speaks(self):
        touched = {"a/b.c": "M", "a/c.c": "M", "a/d.h": "M"}
        todo = ["a/b.o", "a/c.o"]
        self.assertEqual(atbase.asked({"a/b.c", "other.c"}, touched, todo), {"a/b.c": "M"})
        self.assertEqual(atbase.asked(set(), touched, todo), {})

    def test_of_all_if_it_has_no_object(self):
        touched = {"a/b.c": "M", "a/d.h": "M"}
        self.assertEqual(atbase.asked({"a/d.h"}, touched, ["a/b.o"]), touched)
        self.assertEqual(atbase.asked({"a/b.c"}, touched, ["a/"]), touched)


class Running(unittest.TestCase):

    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.ctx = Ctx(top.name, top.name, top.name + "/s", top.name + "/c")

    def test_a_check_that_cannot_run_fails(self):
        rows = list(main.results(["checkpatch"], self.ctx))
        self.assertEqual([ok for _, ok, _ in rows], [False])

    def test_only_success_is_remembered(self):
        asked = []

        def produce(ok):
            asked.append(ok)
            return [("x", ok, "")]
        for ok in (False, True, True):
            recall(self.ctx, "k", "1", lambda ok=ok: produce(ok))
        self.assertEqual(asked, [False, True])


if __name__ == "__main__":
    unittest.main()
