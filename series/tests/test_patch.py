"""Patch files, series/series and claims, and where hunks belong."""
import unittest

from rig.common.error import RigError
from series import overlay, patch, store
from series.chain import doubtful
from series.overlay import File
from series.tests.lab import FIX, REMOVE, REWRITE, TRAILER, Lab, diff, patch as text_of, write

ONE = File("100644", b"x\n")


class Format(unittest.TestCase):
    def test_parse_and_format_are_inverse(self):
        for text in (FIX, REWRITE, REMOVE):
            self.assertEqual(patch.parse(text, "p").format(), text)

    def test_what_was_read(self):
        got = patch.parse(FIX, "p")
        self.assertEqual(got.subject, "dma-direct: fix line 20")
        self.assertEqual(got.author, "A Person <a@example.org>")
        self.assertEqual(got.message, f"Because.\n\n{TRAILER}")
        self.assertEqual(got.paths, ["kernel/dma/direct.c"])

    def test_folded_subject_becomes_one_line(self):
        got = patch.parse(FIX.replace("fix line", "fix\n line"), "p")
        self.assertEqual(got.subject, "dma-direct: fix line 20")

    def refused(self, text, word):
        with self.assertRaisesRegex(RigError, word):
            patch.parse(text, "p")

    def test_refused(self):
        self.refused("Subject: x\n\nno end\n", "---")
        self.refused("Subject: x", "---")
        self.refused("From: a <b>\n\nmessage\n---\n", "one Subject")
        self.refused("Subject: x\nSubject: y\n\n---\n", "one Subject")
        self.refused("Subject: [PATCH 1/2] x\n\n---\n", r"\[PATCH\]")
        self.refused("Subject: x\nX-Odd: y\n\n---\n", "X-Odd")
        self.refused("From: nobody\nSubject: x\n\n---\n", "Name <mail>")
        self.refused("Subject: x\n\n---\nTouches: a\n", "Touches")
        self.refused("Subject: x\n\n---\nAdds: a/b\n" + diff("a/b", ""), "twice")
        self.refused("Subject: x\n\n---\ndiff --git a/b a/c\n", "a whole")
        self.refused("Subject: x\n\n---\ndiff --git a/b b/b\nnew file mode 100644\n",
                     "'new file mode 100644'")
        self.refused("Subject: x\n\n---\nAdds: a/b\nDeletes: a/b\n", "twice")
        self.refused(f"Subject: x\n\n---\nAdds: a/b {'1' * 40}\n", "want 'Adds: PATH'")
        self.refused("Subject: x\n\n---\nReplaces: a/b 1234\n", "got 'Replaces: a/b 1234'")
        self.refused("Subject: x\n\n---\nAdds: a/../../b\n", "inside")
        self.refused("Subject: x\n\ndiff --git a/x b/x\n---\n", "git am")
        self.refused("Subject: x\n\n--- a\n---\n", "git am")

    def test_file_names(self):
        self.assertEqual(patch.file_name(7, "xen/swiotlb: fold it, all of it"),
                         "0007-xen-swiotlb-fold-it-all-of-it.patch")
        self.assertLess(len(patch.file_name(1, "x " * 200)), 66)


class Places(unittest.TestCase):
    def test_a_hunk_stands_where_it_says_or_in_one_place(self):
        old = "a\nb\nc\n" * 3 + "d\n"
        for hunk, line in (("@@ -4,2 +4,3 @@\n a\n+x\n b\n", None),
                           ("@@ -5,2 +5,3 @@\n a\n+x\n b\n", "5"),
                           ("@@ -2,2 +2 @@ f()\n c\n-d\n", None),
                           ("@@ -4 +4,2 @@\n c\n+x\n@@ -9 +10 @@\n-e\n", "4"),
                           ("@@ -3 +3,2 @@\n c\n+x\n@@ -9 +10 @@\n-e\n", "9"),
                           ("@@ -4,0 +5 @@\n+x\n", "4")):
            with self.subTest(hunk):
                self.assertEqual(doubtful(diff("x", hunk), old), line)

    def test_a_hunk_that_is_taken_back(self):
        for hunk, line in (("@@ -1,2 +4,2 @@\n a\n-x\n+b\n", None),
                           ("@@ -4,2 +1,3 @@\n-x\n c\n+d\n", None),
                           ("@@ -4,2 +5,2 @@\n-x\n+a\n b\n", "5"),
                           ("@@ -4 +4,2 @@\n a\n+x\n", "4")):
            with self.subTest(hunk):
                self.assertEqual(doubtful(diff("x", hunk), "a\nb\nc\n" * 3 + "d\n", back=True),
                                 line)

    def test_an_empty_line_of_context(self):
        self.assertIsNone(doubtful(diff("x", "@@ -9,3 +9,2 @@\n\n-b\n\n"), "a\n\nb\n\n"))


class Claims(unittest.TestCase):
    def check(self, texts, files):
        patches = [patch.parse(text, f"p{number}") for number, text in enumerate(texts, 1)]
        return overlay.check_claims(patches, dict.fromkeys(files, ONE))

    def refused(self, texts, files, word):
        with self.assertRaisesRegex(RigError, word):
            self.check(texts, files)

    def test_right(self):
        early = text_of("early", diff("drivers/xen/swiotlb-xen.c", "@@ -1 +1 @@\n-a\n+b\n"))
        got = self.check([early, REWRITE], ["drivers/xen/new.c", "drivers/xen/swiotlb-xen.c"])
        self.assertEqual(sorted(got), ["drivers/xen/new.c", "drivers/xen/swiotlb-xen.c"])
        late = text_of("late", diff("drivers/xen/new.c", "@@ -1 +1 @@\n-a\n+b\n"))
        self.assertEqual(self.check([early, REWRITE, late], got), got)

    def test_wrong(self):
        both = ["drivers/xen/new.c", "drivers/xen/swiotlb-xen.c"]
        self.refused([REWRITE], both + ["mm/mine.c"], "no patch claims mm/mine.c")
        self.refused([REWRITE], both[:1], "swiotlb-xen.c, which is not in the clone")
        self.refused([REWRITE, text_of("b", "Adds: drivers/xen/new.c\n")], both,
                     "new.c is a whole file of ours that p1 brings; p2")
        self.refused([REWRITE, text_of("b", f"Deletes: drivers/xen/new.c {'1' * 40}\n")], both,
                     "new.c .*p1 brings; p2 may have hunks on it, and no more")
        self.refused([text_of("b", "Adds: MAINTAINERS\n")], [], "cannot be a whole file")
        self.refused([text_of("b", "Adds: rig/x.c\n")], [], "cannot be a whole file")
        self.refused([REMOVE, text_of("b", "Deletes: include/xen/old.h\n")], [], "gone since p1")


class Read(Lab):
    def test_overlay_holds_kernel_paths_only(self):
        self.series()
        for path in ("rig/x.c", "README.md", "Makefile", "series/x.py", "mm/x.c~", "mm/x.c.orig"):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text("x")
        self.assertEqual(sorted(store.load(self.root).overlay),
                         ["drivers/xen/new.c", "drivers/xen/swiotlb-xen.c"])

    def refused(self, word):
        with self.assertRaisesRegex(RigError, word):
            store.load(self.root)

    def test_list_and_folders_agree(self):
        self.series()
        for name in ("series/0001-x.patch", "series/three/0001-x.patch"):
            write(self.root, {name: FIX})
            self.refused(f"{name} is in the folder of no series")
            (self.root / name).unlink()

    def test_list(self):
        self.assertEqual(store.parse_list("# x\na\nb a # y\n\nc b\n"),
                         {"a": [], "b": ["a"], "c": ["b"]})
        self.assertEqual(store.Series([], {}, {"a": [], "b": ["a"], "c": ["b"], "d": ["a"]})
                         .below("c"), ["a", "b"])
        for text, word in (("a b\nb\n", "b does not come before"), ("a\na\n", "taken"),
                           ("all\n", "taken"), ("a/b\n", "taken")):
            with self.assertRaisesRegex(RigError, word):
                store.parse_list(text)

    def test_one_subject_twice(self):
        self.series({"0001-a.patch": FIX, "0002-b.patch": FIX}, {})
        self.refused("one subject")

    def test_save_writes_what_load_read(self):
        self.series()
        before = self.snapshot()
        self.assertEqual(store.save(store.load(self.root), self.root), [])
        self.assertEqual(self.snapshot(), before)


if __name__ == "__main__":
    unittest.main()
