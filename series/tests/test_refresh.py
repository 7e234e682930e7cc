"""From the prepared tree back to the clone."""
import shutil
import unittest

from rig.common.error import Refused, RigError
from series import chain, check, store
from series.tests.lab import FIRST, KERNEL, LINES, Lab, TRAILER, blob, diff, patch, write


class RoundTrip(Lab):
    def test_nothing_changes(self):
        self.series()
        before = self.snapshot()
        self.prepare()
        head = self.git("rev-parse", "HEAD")
        self.assertEqual(self.refresh(), [])
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.git("rev-parse", "HEAD"), head)

    def test_makes_the_tree_if_need_be(self):
        self.series()
        self.assertEqual(self.refresh(), [])

    def test_takes_the_clone_first_if_only_that_changed(self):
        self.series()
        self.prepare()
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        self.assertEqual(self.refresh(), [])
        self.assertEqual(self.file("drivers/xen/new.c"), "newer\n")
        self.assertEqual((self.dest / "drivers/xen/new.c").read_text(), "newer\n")

    def test_hand_written_patch_is_normalised_once(self):
        wide = diff("kernel/dma/direct.c", "@@ -18,5 +18,5 @@ upstream()\n line 18\n line 19\n"
                    "-line 20\n+line twenty\n line 21\n line 22\n")
        self.series({"0007-any.patch": patch("any", wide)}, {})
        self.assertEqual(self.refresh(), ["series/one/0001-any.patch",
                                          "series/one/0007-any.patch"])
        self.assertIn("@@ -19,3 +19,3 @@\n line 19\n-line 20\n+line twenty\n line 21\n",
                      self.file("series/one/0001-any.patch"))
        self.assertEqual(self.refresh(), [])


class Hunks(Lab):
    """What refresh writes of an edit of upstream's files."""

    def hunks(self, files):
        """The hunks' text that refresh writes for an edit of upstream FILES."""
        write(self.root, {"series/series": "one\n"})
        self.prepare()
        self.edit(files)
        self.commit(f"try\n\n{TRAILER}")
        self.refresh()
        self.assertEqual(self.refresh(), [])
        return self.file("series/one/0001-try.patch").split("---\n", 1)[1]

    def test_one_line_of_context(self):
        got = self.hunks({"kernel/dma/direct.c": LINES.replace("line 7\n", "line seven\n"),
                          "MAINTAINERS": "A\n\nnew\nB\n"})
        self.assertEqual(got, diff("MAINTAINERS", "@@ -2,2 +2,3 @@\n \n+new\n B\n")
                         + diff("kernel/dma/direct.c", "@@ -6,3 +6,3 @@\n line 6\n-line 7\n"
                                "+line seven\n line 8\n"))

    def test_among_repeated_lines(self):
        block = "a\nb\nc\nd\ne\nf\ng\n"
        self.hunks({"mm/same.c": block + block.replace("d\n", "d\nx\n") + block})

    def test_begin_end_and_no_newline(self):
        got = self.hunks({"kernel/dma/direct.c": "first\n" + LINES + "last\n",
                          "lib/tail.c": "a\nb\nno newline\n"})
        self.assertIn("@@ -1 +1,2 @@\n+first\n line 1\n", got)
        self.assertIn("@@ -40 +41,2 @@\n line 40\n+last\n", got)
        self.assertIn("-no newline\n\\ No newline at end of file\n+no newline\n", got)

    def test_mode(self):
        self.series()
        self.prepare()
        (self.dest / "mm/same.c").chmod(0o755)
        self.commit(f"try\n\n{TRAILER}")
        self.refresh()
        self.assertIn("old mode 100644\nnew mode 100755\n",
                      self.file("series/two/0003-try.patch"))
        self.assertEqual(self.refresh(), [])

    def test_bytes_that_are_no_utf8(self):
        self.hunks({"kernel/dma/direct.c": LINES.replace("line 7\n", "\udce4\f\r\n")})
        self.assertIn("\n+\udce4\f\r\n", self.file("series/one/0001-try.patch"))


class Working(Lab):
    def setUp(self):
        super().setUp()
        self.series()
        self.prepare()

    def refused(self, word):
        """refresh refuses and writes nothing."""
        before = self.snapshot()
        with self.assertRaisesRegex(RigError, word):
            self.refresh()
        self.assertEqual(self.snapshot(), before)

    def settled(self):
        """The tree is clean, and all checks hold."""
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.refresh(), [])
        made = self.prepare()
        for one in check.CHECKS[:5]:  # the mails of half a test are no fit ones
            one(store.load(self.root), made, self.root)


class Edits(Working):
    def test_not_committed(self):
        self.edit({"drivers/xen/swiotlb-xen.c": "again\n", "mm/new.c": "x\n"})
        self.refused("drivers/xen/swiotlb-xen.c, mm/new.c: edited and not committed")

    def test_whole_file(self):
        self.amend({"drivers/xen/swiotlb-xen.c": "again\n"}, "HEAD~1")
        self.assertEqual(self.refresh(), ["drivers/xen/swiotlb-xen.c"])
        self.assertEqual(self.file("drivers/xen/swiotlb-xen.c"), "again\n")
        self.settled()

    def test_upstream_file(self):
        text = (self.dest / "kernel/dma/direct.c").read_text()
        self.amend({"kernel/dma/direct.c": text.replace("line 30\n", "line thirty\n")}, "HEAD~2")
        self.assertEqual(self.refresh(), ["series/one/0001-dma-direct-fix-line-20.patch"])
        self.assertIn("+line thirty", self.file("series/one/0001-dma-direct-fix-line-20.patch"))
        self.settled()

    def test_whole_file_that_goes(self):
        self.amend({"drivers/xen/new.c": None}, "HEAD~1")
        self.assertEqual(self.refresh(), ["drivers/xen/new.c",
                                          "series/two/0001-xen-swiotlb-rewrite.patch"])
        self.assertFalse((self.root / "drivers/xen/new.c").exists())
        self.settled()

    def test_replaced_file_that_goes_is_deleted(self):
        self.amend({"drivers/xen/swiotlb-xen.c": None}, "HEAD~1")
        self.refresh()
        self.assertIn("Deletes: drivers/xen/swiotlb-xen.c ",
                      self.file("series/two/0001-xen-swiotlb-rewrite.patch"))
        self.settled()

    def test_both_sides_changed(self):
        self.amend({"drivers/xen/swiotlb-xen.c": "tree\n"}, "HEAD~1")
        (self.root / "drivers/xen/new.c").write_text("clone\n")
        self.refused("drivers/xen/new.c")
        self.refresh(force=True)
        self.assertEqual(self.file("drivers/xen/new.c"), "new\n")
        self.assertEqual(self.file("drivers/xen/swiotlb-xen.c"), "tree\n")
        self.settled()

    def test_build_stays_incremental(self):
        self.amend({"drivers/xen/swiotlb-xen.c": "again\n"}, "HEAD~1")
        times = {path: path.lstat().st_mtime_ns for path in self.dest.rglob("*.c")}
        self.refresh()
        self.prepare()
        self.assertEqual(times, {path: path.lstat().st_mtime_ns
                                 for path in self.dest.rglob("*.c")})


class Commits(Working):
    def test_new_patch_with_all_kinds(self):
        self.edit({"mm/new.c": "new\n", "mm/same.c": "ours\n", "MAINTAINERS": "A\n\nB\nC\n"})
        (self.dest / "scripts/tool.sh").unlink()
        self.commit(f"mm: all\n\nReplaces-file: mm/same.c\n{TRAILER}")
        self.refresh()
        self.assertEqual(self.file("series/two/0003-mm-all.patch"),
                         f"From: B Person <b@example.org>\nSubject: mm: all\n\n{TRAILER}\n---\n"
                         f"Adds: mm/new.c\nReplaces: mm/same.c {blob(KERNEL['mm/same.c'])}\n"
                         f"Deletes: scripts/tool.sh {blob(KERNEL['scripts/tool.sh'])}\n"
                         + diff("MAINTAINERS", "@@ -3 +3,2 @@\n B\n+C\n"))
        self.assertEqual(self.file("mm/same.c"), "ours\n")
        self.assertEqual(self.git("log", "-1", "--format=%b"), TRAILER)
        self.settled()

    def files(self):
        """The patch files in the clone."""
        return sorted(path.relative_to(self.root / "series").as_posix()
                      for path in (self.root / "series").glob("*/*.patch"))

    def test_reorder_reword_and_drop(self):
        self.git("config", "sequence.editor", "sed -i '2{h;d};3{G}'")
        self.git("rebase", "-q", "-i", "base")
        self.git("commit", "-q", "--amend", "-m", f"xen/swiotlb: reworded\n\n{TRAILER}")
        self.refresh()
        self.assertEqual(self.files(), [
            FIRST, "two/0001-xen-remove-the-old-header.patch",
            "two/0002-xen-swiotlb-reworded.patch"])
        self.assertIn("Replaces: drivers/xen/swiotlb-xen.c", self.file(f"series/{self.files()[2]}"))
        self.git("rebase", "-q", "--onto", "HEAD~2", "HEAD~1")
        self.refresh()
        self.assertEqual(self.files(), [FIRST, "two/0001-xen-swiotlb-reworded.patch"])
        self.settled()

    def test_the_series_of_a_commit(self):
        self.git("config", "sequence.editor", "sed -i '1{h;d};3{G}'")
        self.git("rebase", "-q", "-i", "base")
        self.refused("'dma-direct: fix line 20'. of the series one stands behind one of two: move")
        self.git("commit", "-q", "--amend", "-m", "dma-direct: fix\n\nSeries: three")
        self.refused("no series three")
        self.git("commit", "-q", "--amend", "-m", f"dma-direct: fix\n\nSeries: two\n{TRAILER}")
        self.refresh()
        self.assertEqual(self.files()[2], "two/0003-dma-direct-fix.patch")
        self.assertNotIn("Series:", self.file("series/two/0003-dma-direct-fix.patch"))

    def test_a_new_commit_belongs_to_the_series_before_it(self):
        self.git("reset", "-q", "--hard", "one")
        self.edit({"mm/new.c": "x\n"})
        self.commit(f"mm: new\n\n{TRAILER}")
        self.git("cherry-pick", "one..two")
        self.refresh()
        self.assertEqual(self.files()[1], "one/0002-mm-new.patch")
        self.settled()

    def test_dropped_patch_takes_its_files_along(self):
        self.git("rebase", "-q", "--onto", "HEAD~2", "HEAD~1")
        self.refresh()
        self.assertFalse((self.root / "drivers").exists())
        self.settled()

    def test_first_of_a_series_reworded(self):
        self.git("reset", "-q", "--hard", "HEAD~1")
        self.git("commit", "-q", "--amend", "-m", f"a new name\n\n{TRAILER}")
        self.refresh()
        self.assertIn("Replaces: drivers/xen/swiotlb-xen.c",
                      self.file("series/two/0001-a-new-name.patch"))
        self.settled()

    def test_refused_commits(self):
        (self.dest / "drivers/xen/swiotlb-xen.c").unlink()
        self.commit(f"second\n\n{TRAILER}")
        self.refused(r"\('second'\) deletes drivers/xen/swiotlb-xen.c.*\('xen/swiotlb: rewrite'\)")
        self.git("reset", "-q", "--hard", "patched")
        for subject, word in (("fixup! xen/swiotlb: rewrite", "fold it with 'git rebase"),
                              ("xen/swiotlb: rewrite", "two commits have the subject"),
                              ("x\nno empty line", "empty line"),
                              ("x\n\ndiff --git a/x b/x", "git am")):
            self.edit({"mm/same.c": "x\n"})
            self.commit(subject)
            self.refused(word)
            self.git("reset", "-q", "--hard", "patched")
        self.git("commit", "-q", "--allow-empty", "-m", "empty")
        self.refused("changes nothing")

    def test_refused_files(self):
        for path, data, word in (("toplevel", "x\n", "toplevel cannot be a whole file"),
                                 ("mm/bin", "\0", "mm/bin is not a text file"),
                                 ("mm/same.c", "\0\0", "binary")):
            self.edit({path: data})
            self.commit("x")
            self.refused(word)
            self.git("reset", "-q", "--hard", "patched")
        self.edit({"include/xen/old.h": "back\n"})
        self.commit("x")
        self.refused("brings back include/xen/old.h")

    def test_declared_and_not_replaced(self):
        self.edit({"mm/same.c": "x\n"})
        self.commit("x\n\nReplaces-file: mm/other.c")
        self.refused("mm/other.c")

    def test_merge(self):
        self.git("checkout", "-q", "-b", "side", "HEAD~1")
        self.edit({"mm/same.c": "x\n"})
        self.commit("side")
        self.git("checkout", "-q", "series")
        self.git("merge", "-q", "--no-edit", "side")
        self.refused("is a merge")

    def test_in_the_middle_of_something(self):
        self.edit({"mm/same.c": "x\n"})
        self.commit("x")
        (self.dest / ".git/MERGE_HEAD").write_text(self.git("rev-parse", "HEAD"))
        with self.assertRaisesRegex(Refused, "in the middle"):
            self.refresh()

    def test_not_on_the_base(self):
        self.git("checkout", "-q", "--orphan", "other")
        self.git("commit", "-q", "-m", "other")
        self.refused("does not stand on the base|merge-base")

    def test_base_is_whole(self):
        self.assertEqual(self.git("show", "base:lib/odd.o"), KERNEL["lib/odd.o"].strip())


class Later(Working):
    """A whole file on which a later patch has hunks."""
    PATH = "drivers/xen/swiotlb-xen.c"
    LATE = "two/0003-xen-later.patch"
    END = LINES.replace("line 20\n", "line twenty\n")

    def setUp(self):
        super().setUp()
        self.amend({self.PATH: LINES}, "HEAD~1")
        self.edit({self.PATH: self.END})
        self.commit(f"xen: later\n\n{TRAILER}")
        self.refresh()

    def both(self, first, end):
        """What the patches make of the file, and that the clone holds it."""
        self.assertEqual(self.git("show", f"HEAD~2:{self.PATH}"), first.strip())
        self.assertEqual(self.git("show", f"HEAD:{self.PATH}"), end.strip())
        self.assertEqual(self.file(self.PATH), end)
        self.settled()

    def test_the_clone_holds_the_end(self):
        self.both(LINES, self.END)
        self.assertTrue(self.file(f"series/{self.LATE}").endswith("---\n" + diff(
            self.PATH, "@@ -19,3 +19,3 @@\n line 19\n-line 20\n+line twenty\n line 21\n")))

    def test_made_anew(self):
        shutil.rmtree(self.dest)
        self.prepare()
        self.both(LINES, self.END)

    def test_a_part_has_what_the_part_makes(self):
        made, part = self.prepare(), store.load(self.root).part(["one", "two"])
        part.patches.pop()
        commits = chain.build(made.git, made.base(), part)
        self.assertEqual([list(link) for link in commits], made.state["chain"][:3])
        self.prepare(upto=2)
        self.assertEqual((self.dest / self.PATH).read_text(), LINES)

    def test_two_later_patches(self):
        end = self.END.replace("line twenty\n", "line XX\n").replace("line 1\n", "")
        self.edit({self.PATH: end})
        self.commit(f"xen: last\n\n{TRAILER}")
        self.refresh()
        self.assertEqual(self.git("show", f"HEAD~3:{self.PATH}"), LINES.strip())
        self.assertEqual(self.git("show", f"HEAD~1:{self.PATH}"), self.END.strip())
        self.settled()

    def test_fixups_go_where_they_say(self):
        first, end = (text.replace("line 5\n", "line five\nmore\n") for text in (LINES, self.END))
        self.amend({self.PATH: end}, "HEAD~2")
        self.refresh()
        self.both(first, end)
        self.amend({self.PATH: end + "tail\n"}, "HEAD")
        self.refresh()
        self.both(first, end + "tail\n")

    def test_an_edit_in_the_clone(self):
        end = self.END.replace("line 5\n", "line 5\nmore\n")
        (self.root / self.PATH).write_text(end)
        self.prepare()
        self.refresh()
        self.both(end.replace("twenty", "20"), end)
        (self.root / self.PATH).write_text(self.END.replace("line twenty\n", "line 2O\n"))
        word = f"{self.PATH} in the clone is not what {self.LATE}"
        with self.assertRaisesRegex(RigError, word):
            self.prepare()

    def test_without_the_later_one(self):
        self.git("reset", "-q", "--hard", "HEAD~1")
        self.refresh()
        self.assertEqual(self.file(self.PATH), LINES)
        self.settled()

    def test_moved_and_renamed(self):
        self.git("config", "sequence.editor", "sed -i '2{h;d};3{G}'")
        self.git("rebase", "-q", "-i", "base")
        self.git("reset", "-q", "--hard", "HEAD~1")
        self.git("commit", "-q", "--amend", "-m", f"xen: renamed\n\n{TRAILER}")
        self.git("cherry-pick", "two")
        self.refresh()
        self.assertIn(f"Replaces: {self.PATH}", self.file("series/two/0002-xen-renamed.patch"))
        self.assertEqual(self.git("show", f"HEAD~1:{self.PATH}"), LINES.strip())
        self.settled()


if __name__ == "__main__":
    unittest.main()
