"""The prepared tree: commits, ids, times, and what it never destroys."""
import os
import shutil
import unittest
from pathlib import Path

from rig.common.error import Refused, RigError
from series import tree
from series.tests.lab import (FIX, KERNEL, Lab, OVERLAY, REWRITE, SECOND, SERIES, START, blob,
                              diff, patch)


class Make(Lab):
    def test_commits(self):
        self.series()
        self.prepare()
        self.assertEqual(self.git("log", "--reverse", "--format=%s|%an|%at|%ct").split("\n"), [
            f"Linux 9.1.4|xen-swiotlb series|{START}|{START}",
            f"dma-direct: fix line 20|A Person|{START + 60}|{START + 60}",
            f"xen/swiotlb: rewrite|xen-swiotlb series|{START + 120}|{START + 120}",
            f"xen: remove the old header|xen-swiotlb series|{START + 180}|{START + 180}"])
        self.assertEqual(self.git("rev-parse", "patched"), self.git("rev-parse", "HEAD"))
        for tag, where in (("base", "HEAD~3"), ("one", "HEAD~2"), ("two", "HEAD")):
            self.assertEqual(self.git("rev-parse", tag), self.git("rev-parse", where))
        self.assertEqual((self.dest / "drivers/xen/swiotlb-xen.c").read_text(), "rewritten\n")
        self.assertIn("line twenty", (self.dest / "kernel/dma/direct.c").read_text())
        self.assertFalse((self.dest / "include/xen/old.h").exists())
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_base_is_the_tarball(self):
        self.prepare()
        for path, text in KERNEL.items():
            if path != ".gitignore":
                self.assertEqual((self.dest / path).read_text(), text)
        self.assertEqual((self.dest / ".gitignore").read_text(), "*.o\n")
        self.assertTrue(os.access(self.dest / "scripts/tool.sh", os.X_OK))
        self.assertEqual(os.readlink(self.dest / "kernel/dma/link.c"), "direct.c")

    def test_ids_repeat_elsewhere(self):
        self.series()
        first = self.prepare().state["tip"]
        other = tree.prepare(self.root / "build/other", self.root)
        self.assertEqual(other.state["tip"], first)

    def test_upto(self):
        self.series()
        self.prepare(upto=1)
        self.assertEqual(self.git("log", "-1", "--format=%s"), "dma-direct: fix line 20")
        with self.assertRaisesRegex(Refused, "a part of the series"):
            self.refresh()
        self.prepare(upto=0)
        self.assertEqual(self.git("log", "-1", "--format=%s"), "Linux 9.1.4")

    def test_outlives_an_emptied_cache(self):
        self.series()
        tip = self.prepare().state["tip"]
        shutil.rmtree(self.cache)
        self.assertEqual(self.prepare().state["tip"], tip)
        self.git("fsck", "--full")

    def test_does_not_apply(self):
        bad = patch("bad", diff("kernel/dma/direct.c", "@@ -20 +20 @@\n-line 21 or so\n+x\n"))
        self.series({"0001-bad.patch": bad}, {})
        with self.assertRaisesRegex(RigError, "one/0001-bad.patch does not apply to kernel/dma/d"):
            self.prepare()

    def test_claims_and_base(self):
        for rest, word in (("Adds: mm/same.c\n", "Replaces"), ("Replaces: mm/none.c\n", "not have"),
                           ("Deletes: mm/none.c\n", "not have"),
                           (f"Replaces: mm/same.c {'1' * 40}\n", "mm/same.c 111111111111, and"),
                           (f"Deletes: mm/same.c {'1' * 40}\n", "mm/same.c 111111111111, and"),
                           (diff("mm/none.c", "@@ -1 +1 @@\n-a\n+b\n"), "not have")):
            shutil.rmtree(self.root / "mm", ignore_errors=True)
            path = rest.split()[1] if rest[0] in "AR" else None
            self.series({"0001-x.patch": patch("x", rest)}, {path: "x\n"} if path else {})
            with self.assertRaisesRegex(RigError, word):
                self.prepare()

    def test_other_things_in_the_way(self):
        self.dest.mkdir(parents=True)
        (self.dest / "precious").write_text("x")
        with self.assertRaisesRegex(Refused, "not a prepared tree"):
            self.prepare()


class Again(Lab):
    def times(self):
        """{path: mtime} of the tree."""
        return {path: path.lstat().st_mtime_ns for path in self.dest.rglob("*")
                if path.is_file() and ".git" not in path.parts}

    def setUp(self):
        super().setUp()
        self.series()
        self.prepare()
        self.git("update-index", "--refresh")
        self.before = self.times()

    def changed(self):
        """Paths whose time changed, or that are new."""
        return sorted(path.relative_to(self.dest).as_posix() for path, when in self.times().items()
                      if self.before.get(path) != when)

    def test_nothing_to_do(self):
        self.prepare()
        self.assertEqual(self.changed(), [])

    def test_only_what_differs_is_written(self):
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        old = self.git("rev-parse", "HEAD~2")
        self.prepare()
        self.assertEqual(self.changed(), ["drivers/xen/new.c"])
        self.assertEqual(self.git("rev-parse", "HEAD~2"), old)
        self.assertEqual(self.git("status", "--porcelain"), "")

    def test_dropped_patch(self):
        patches = {name: text for name, text in SERIES.items() if text is not FIX}
        self.series(patches)
        self.prepare()
        self.assertEqual(self.changed(), ["kernel/dma/direct.c"])

    def test_edits_stay_while_the_series_stays(self):
        self.edit({"mm/same.c": "hack\n"})
        self.prepare()
        self.assertEqual((self.dest / "mm/same.c").read_text(), "hack\n")
        self.assertIn("mm/same.c", "".join(self.said))

    def test_edits_are_never_lost(self):
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        self.edit({"mm/same.c": "hack\n", "mm/untracked.c": "x\n"})
        with self.assertRaisesRegex(Refused, r"mm/same.c(.|\n)*mm/untracked.c"):
            self.prepare()
        self.assertEqual((self.dest / "mm/same.c").read_text(), "hack\n")
        self.assertEqual((self.dest / "drivers/xen/new.c").read_text(), "new\n")

    def test_commits_are_never_lost(self):
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        self.edit({"mm/same.c": "hack\n"})
        self.commit("my work")
        with self.assertRaisesRegex(Refused, "my work"):
            self.prepare()

    def test_force_keeps_a_copy(self):
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        self.edit({"mm/same.c": "hack\n", "mm/untracked.c": "x\n"})
        self.prepare(force=True)
        self.assertEqual((self.dest / "mm/same.c").read_text(), KERNEL["mm/same.c"])
        self.assertFalse((self.dest / "mm/untracked.c").exists())
        self.assertEqual((self.dest / "drivers/xen/new.c").read_text(), "newer\n")
        saved = self.git("for-each-ref", "--format=%(refname)", "refs/saved")
        self.assertEqual(self.git("show", f"{saved}:mm/untracked.c"), "x")

    def test_checkout_that_was_cut_off(self):
        made = self.prepare()
        made.save(moving=True)
        (self.dest / "mm/same.c").unlink()
        Path(self.dest, ".git/index.lock").write_text("")
        self.prepare()
        self.assertEqual((self.dest / "mm/same.c").read_text(), KERNEL["mm/same.c"])

    def test_ignored_build_products_are_no_edits(self):
        self.edit({"mm/same.o": "x"})
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        self.prepare()
        self.assertTrue((self.dest / "mm/same.o").exists())

    def test_configuration_of_the_user_does_not_matter(self):
        (Path(os.environ["HOME"]) / ".gitconfig").write_text(
            "[core]\n\tautocrlf = true\n[diff]\n\tnoprefix = true\n[apply]\n\twhitespace = error\n")
        tip = self.git("rev-parse", "HEAD")
        self.assertEqual(tree.prepare(self.root / "build/b", self.root).state["tip"], tip)


class Overlay(Lab):
    def test_modes_and_links(self):
        self.series({"0001-x.patch": patch("x", "Adds: tools/l\nAdds: tools/x.sh\n")},
                    {"tools/x.sh": "x\n"})
        os.symlink("x.sh", self.root / "tools/l")
        self.prepare()
        self.assertTrue(os.access(self.dest / "tools/x.sh", os.X_OK))
        self.assertEqual(os.readlink(self.dest / "tools/l"), "x.sh")
        before = self.snapshot()
        self.assertEqual(self.refresh(), [])
        self.assertEqual(self.snapshot(), before)

    def test_fix_before_replacement(self):
        early = patch("early", diff("drivers/xen/swiotlb-xen.c",
                                    "@@ -1,3 +1,3 @@\n old one\n-old two\n+2\n old three\n"))
        late = {"one/0001-early.patch": early, SECOND: REWRITE}
        self.series(late)
        old = KERNEL["drivers/xen/swiotlb-xen.c"]
        with self.assertRaisesRegex(RigError, f"{blob(old)[:12]}, and here it is"):
            self.prepare()
        late[SECOND] = REWRITE.replace(
            blob(old), blob(old.replace("old two", "2")))
        self.series(late)
        self.prepare()
        self.assertEqual(self.git("show", "HEAD~1:drivers/xen/swiotlb-xen.c"),
                         "old one\n2\nold three")
        self.assertEqual((self.dest / "drivers/xen/swiotlb-xen.c").read_text(),
                         OVERLAY["drivers/xen/swiotlb-xen.c"])
        self.assertEqual(self.refresh(), [])


if __name__ == "__main__":
    unittest.main()
