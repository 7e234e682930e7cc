"""The mails: what is in them, and that they are the same each time."""
import contextlib
import io
import subprocess
import unittest

from series import check, mails
from series.error import SeriesError
from series.git import environment
from series.tests.lab import FIX, TRAILER, Lab, diff, patch


class Mails(Lab):
    def make(self, where="build/series"):
        """{name: text} of the mails."""
        made = mails.make(self.prepare(), self.root / where, self.root)
        return {path.name: path.read_text("utf-8") for path in made}

    def refused(self, word):
        with self.assertRaisesRegex(SeriesError, word):
            self.make()

    def test_content(self):
        self.series()
        got = self.make()
        self.assertEqual(sorted(got), [
            "0000-cover-letter.patch", "0001-dma-direct-fix-line-20.patch",
            "0002-xen-swiotlb-rewrite.patch", "0003-xen-remove-the-old-header.patch"])
        cover = got["0000-cover-letter.patch"]
        self.assertIn("\nSubject: [PATCH 0/3] xen: a series\n\nWhy it is good.\n", cover)
        self.assertIn("The base is Linux 9.1.4 (linux-source-9.1 9.1.4-1).", cover)
        self.assertIn("dma-direct: fix line 20", cover)
        self.assertIn("4 files changed", cover)
        self.assertIn("\nbase-commit: ", cover)
        one = got["0001-dma-direct-fix-line-20.patch"]
        self.assertIn("From: A Person <a@example.org>\n"
                      "Date: Wed, 2 Jan 2030 03:05:05 +0000\n"
                      "Subject: [PATCH 1/3] dma-direct: fix line 20\n\n"
                      f"Because.\n\n{TRAILER}\n---\n", one)
        self.assertIn("\n-line 20\n+line twenty\n line 21\n", one)
        self.assertIn("-old one", got["0002-xen-swiotlb-rewrite.patch"])
        self.assertNotIn("Message-I", "".join(got.values()))

    def test_same_in_another_tree_with_another_configuration(self):
        self.series()
        first = self.make()
        self.git("config", "diff.noprefix", "true")
        self.git("config", "format.signature", "me")
        self.git("config", "format.subjectPrefix", "ODD")
        self.git("config", "diff.algorithm", "patience")
        self.git("config", "format.to", "someone@example.org")
        self.git("config", "format.headers", "X-Odd: 1\n")
        self.git("config", "diff.context", "7")
        self.assertEqual(self.make(), first)
        self.dest = self.root / "build/other"
        self.assertEqual(self.make("build/again"), first)

    def test_git_am_gives_the_patched_tree(self):
        self.series()
        self.make()
        self.git("checkout", "-q", "base")
        mails_ = sorted(map(str, (self.root / "build/series").glob("000[1-9]*")))
        subprocess.run(["git", "-C", str(self.dest), "-c", "user.name=x", "-c", "user.email=x@x",
                        "am", "-q", *mails_],
                       env=environment(), check=True, timeout=60, capture_output=True)
        self.assertEqual(self.git("rev-parse", "HEAD^{tree}"),
                         self.git("rev-parse", "patched^{tree}"))

    def test_version_and_sender(self):
        self.series()
        (self.root / "series/cover-letter").write_text(
            "Subject: xen:\n a series\nFrom: J <j@example.org>\nVersion: 2\n\nA blurb.\n")
        cover = self.make()["v2-0000-cover-letter.patch"]
        self.assertIn("\nFrom: J <j@example.org>\n", cover)
        self.assertIn("\nSubject: [PATCH v2 0/3] xen: a series\n\nA blurb.\n", cover)

    def test_unicode_in_a_patch(self):
        rest = diff("MAINTAINERS", "@@ -3 +3 @@\n-B\n+Ö\n")
        self.series({"0001-x.patch": patch("x: größer", rest, "Ä.",
                                           "Jürgen <j@example.org>")}, {})
        mail = self.make().popitem()[1]
        self.assertIn("charset=UTF-8", mail)
        self.assertIn("From: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>", mail)

    def test_folder_holds_nothing_else(self):
        self.series()
        self.make()
        self.series({"0001-dma-direct-fix-line-20.patch": FIX})
        for path in ("drivers/xen/new.c", "drivers/xen/swiotlb-xen.c"):
            (self.root / path).unlink()
        for name in ("0002-xen-swiotlb-rewrite", "0003-xen-remove-the-old-header"):
            (self.root / f"series/{name}.patch").unlink()
        self.assertEqual(len(self.make()), 2)
        (self.root / "build/series/precious.txt").write_text("x")
        self.refused("precious.txt")

    def test_refused_messages(self):
        self.series({"0001-x.patch": FIX.replace(TRAILER, f"Signed-off-by: a <b>\n{TRAILER}")}, {})
        self.refused("Signed-off-by")
        self.series({"0001-x.patch": FIX.replace(TRAILER, f"{TRAILER}\nFixes: x")}, {})
        self.refused("does not end with")

    def test_cover_refers_to_patches(self):
        self.series()
        (self.root / "series/cover-letter").write_text(
            "Subject: x\n\nFirst [1].\n\nWith {xen/swiotlb: rewrite} and {xen: remove the\nold}"
            " on 64 bits, {dma-direct:}\nand 9.1.4 done.\n\n[1] https://example.org/1\n")
        self.assertIn("\n\nFirst [1].\n\nWith 2 and 3 on 64 bits, 1 and 9.1.4 done.\n\n"
                      "[1] https://example.org/1\n", self.make()["0000-cover-letter.patch"])

    def test_cover_with_references_that_rot(self):
        self.series()
        for text, word in (("{nobody: x} is new", r"no patch .* \{nobody: x\}"),
                           ("{xen} is new", "more than one patch"),
                           ("Patch 2 is new", "2 could be the number of a patch"),
                           ("fixes (3, and its tests)", "3 could be"),
                           ("a p2m for Arm (1).", "1 could be")):
            (self.root / "series/cover-letter").write_text(f"Subject: x\n\n{text}\n")
            self.refused(word)
            status, said = Check.run_check(self)
            self.assertEqual(status, 1)
            self.assertIn("not ok 3 The cover letter", said)
        (self.root / "series/cover-letter").write_text("Subject: x\n\n4 and 32-bit, 3.1, v2\n")
        self.make()

    def test_message_that_numbers_a_patch(self):
        self.series({"0001-x.patch": FIX.replace("Because.", "As patch\n12 says.")}, {})
        self.refused("'patch 12' names a patch by its number")

    def test_refused_cover(self):
        self.series()
        for text, word in (("x", "header line"), ("Subject: x\n", "wants a Subject"),
                           ("To: x\n\ny\n", "header line 'To: x'"),
                           ("Subject: ä\n\ny\n", "ASCII"),
                           ("Subject: x\nVersion: two\n\ny\n", "no number")):
            (self.root / "series/cover-letter").write_text(text, "utf-8")
            self.refused(word)
        (self.root / "series/cover-letter").unlink()
        self.refused("no series/cover-letter")


class Check(Lab):
    def run_check(self):
        """(status, KTAP text) of series.py check."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = check.check(self.prepare(), self.root)
        return status, out.getvalue()

    def test_good(self):
        self.series()
        status, text = self.run_check()
        self.assertEqual(status, 0, text)
        self.assertEqual(text.count("\nok "), 6)

    def test_not_normalised(self):
        self.series({"0001-x.patch": FIX.replace("@@ -20 +20 @@\n",
                                                 "@@ -19,2 +19,2 @@\n line 19\n")}, {})
        status, text = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("not ok 4", text)
        self.assertIn("0001-x.patch", text)
        self.assertEqual(text.count("\nok "), 5)

    def test_numbers(self):
        self.series({"0002-x.patch": FIX}, {})
        self.assertIn("not ok 1", self.run_check()[1])

    def test_message(self):
        self.series({"0001-dma-direct-fix-line-20.patch": FIX.replace(TRAILER, "x")}, {})
        status, text = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("not ok 2", text)

    def test_works_on_the_tip_whatever_is_in_the_tree(self):
        self.series()
        self.prepare()
        self.edit({"mm/same.c": "hack\n"})
        self.commit("hack")
        self.assertEqual(self.run_check()[0], 0)

    def test_sizes(self):
        self.series()
        rows = check.sizes(self.prepare(), check.store.load(self.root))
        self.assertEqual([row[1:3] for row in rows], [(1, 1), (2, 3), (0, 1)])


if __name__ == "__main__":
    unittest.main()
