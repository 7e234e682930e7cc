"""Hunks: reading, writing, and where they fit."""
import unittest

from series import hunks
from series.error import SeriesError
from series.tests.lab import LINES, diff


def one(text):
    """The only file of a diff."""
    found, = hunks.parse(text)
    return found


class Parse(unittest.TestCase):
    def test_format_is_the_inverse(self):
        text = diff("a/b.c", "@@ -1 +1,2 @@\n-x\n+y\n+z\n@@ -9,0 +11 @@\n+new\n")
        self.assertEqual(one(text).format(), text)

    def test_heading_and_index_line_are_dropped(self):
        text = diff("a/b.c", "@@ -1 +1 @@ static int upstream(void)\n-x\n+y\n")
        got = one(text.replace("--- a/", "index 123..456 100644\n--- a/", 1)).format()
        self.assertEqual(got, diff("a/b.c", "@@ -1 +1 @@\n-x\n+y\n"))

    def test_no_newline_at_the_end(self):
        text = diff("a/b.c", "@@ -3 +3 @@\n-x\n\\ No newline at end of file\n+y\n")
        item = one(text)
        self.assertEqual(item.format(), text)
        self.assertEqual(item.hunks[0].preimage(), ["x"])

    def test_removed_line_that_looks_like_a_header(self):
        text = diff("a/b.c", "@@ -1,2 +1 @@\n--- a/b.c\n-diff --git a/x b/x\n+x\n")
        self.assertEqual(one(text).format(), text)

    def test_blank_context_line_without_its_blank(self):
        got = one(diff("a/b.c", "@@ -1,2 +1,2 @@\n\n-x\n+y\n"))
        self.assertEqual(got.hunks[0].lines, [" ", "-x", "+y"])

    def test_form_feed_and_carriage_return_are_no_line_ends(self):
        text = diff("a/b.c", "@@ -1 +1 @@\n-x\fy\r\n+z\x85\u2028\n")
        self.assertEqual(one(text).format(), text)

    def test_mode_change(self):
        text = "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n"
        self.assertEqual(one(text).format(), text)

    def refused(self, text, word):
        with self.assertRaisesRegex(SeriesError, word):
            hunks.parse(text, "p")

    def test_refused(self):
        self.refused(diff("a", "@@ -1,2 +1 @@\n-x\n+y\n"), "hunk at line 1")
        self.refused(diff("a", "@@ -1 +1 @@\n-x\n+y\n+z\n"), "cannot take")
        self.refused("diff --git a/a b/b\nrename from a\nrename to b\n", "rename")
        self.refused("diff --git a/a b/a\nnew file mode 100644\n", "whole file")
        self.refused("diff --git a/a b/a\nGIT binary patch\n", "cannot take")
        self.refused("diff --git a/a b/a\n", "no hunk")
        self.refused("nonsense\n", "expected")
        self.refused(diff("a", "@@ -1 +1 @@\n-x\n+y\n") * 2, "two diffs")


class Places(unittest.TestCase):
    def test_unique(self):
        good = one(diff("a", "@@ -20 +20 @@\n-line 20\n+x\n"))
        self.assertTrue(hunks.unique(good, LINES))
        shifted = one(diff("a", "@@ -19 +19 @@\n-line 20\n+x\n"))
        self.assertFalse(hunks.unique(shifted, LINES))
        twice = one(diff("a", "@@ -20 +20 @@\n-line 20\n+x\n"))
        self.assertFalse(hunks.unique(twice, LINES + "line 20\n"))

    def test_insertion_without_context_has_no_place(self):
        item = one(diff("a", "@@ -20,0 +21 @@\n+x\n"))
        self.assertFalse(hunks.unique(item, LINES))
        self.assertIsNone(hunks.doubtful(item, LINES, True))
        self.assertIs(hunks.doubtful(item, LINES, False), item.hunks[0])

    def test_doubtful(self):
        item = one(diff("a", "@@ -2 +2 @@\n-same\n+x\n"))
        self.assertIsNone(hunks.doubtful(item, "same\nsame\n", True))
        self.assertIsNone(hunks.doubtful(item, "a\nb\nsame\n", False))
        self.assertIsNotNone(hunks.doubtful(item, "same\nb\nsame\n", True))
        self.assertIsNotNone(hunks.doubtful(item, "other\n", True))

    def test_last_line_without_newline(self):
        item = one(diff("a", "@@ -3 +3 @@\n-no newline\n\\ No newline at end of file\n+x\n"))
        self.assertTrue(hunks.unique(item, "a\nb\nno newline"))
        self.assertFalse(hunks.unique(item, "a\nb\nno newline\n"))


if __name__ == "__main__":
    unittest.main()
