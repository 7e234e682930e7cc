"""The mails: what is in them, and that they are the same each time."""
import contextlib
import io
import os
import subprocess
import unittest
from unittest import mock

from rig.common import tell
from rig.common.error import RigError
from rig.common.git import environment
from series import base, check, mails, series, store
from series.tests.lab import (COVER, FIRST, FIX, KERNEL, Lab, OVERLAY, REWRITE, SECOND, SERIES,
                              TRAILER, blob, diff, patch, write)

ME = "M Person <m@example.org>"
# A get_maintainer.pl that tells what it was asked.
PERL = r"""print "Jörg Ä <j\@example.org>\n" if grep { /^\+\+\+ b\/kernel\/dma/ } <STDIN>;
print "list\@example.org\n";
"""


class Mails(Lab):
    def make(self, where="build/series", who=ME):
        """{folder/name: text} of the mails."""
        out = self.root / where
        tree = self.prepare()
        with mock.patch.object(tell, "write", self.said.append):
            self.made = mails.make(tree.git, tree.base(), tree.state["chain"],
                                   store.load(self.root), out, self.root, who)
        return {path.relative_to(out).as_posix(): path.read_text("utf-8")
                for path in out.rglob("*.patch")}

    def refused(self, word):
        with self.assertRaisesRegex(RigError, word):
            self.make()

    def cover(self, text, name="one/"):
        """Write the cover letter of a series."""
        (self.root / f"series/{name}cover-letter").write_text(text, "utf-8")

    def test_content(self):
        self.series()
        got = self.make()
        self.assertEqual(sorted(got), [
            "all/0000-cover-letter.patch", "all/0001-dma-direct-fix-line-20.patch",
            "all/0002-xen-swiotlb-rewrite.patch", "all/0003-xen-remove-the-old-header.patch",
            "one/0000-cover-letter.patch", "one/0001-dma-direct-fix-line-20.patch",
            "two/0000-cover-letter.patch", "two/0001-xen-swiotlb-rewrite.patch",
            "two/0002-xen-remove-the-old-header.patch"])
        cover = got["two/0000-cover-letter.patch"]
        self.assertIn(f"\nFrom: {ME}\n", cover)
        self.assertIn("\nSubject: [PATCH 0/2] xen: a second series\n\nWhy it is good.\n\n"
                      "These patches stand on the series\n\n  xen: a first series\n\n"
                      "The base is Linux 9.1.4 (linux-source-9.1 9.1.4-1).\n", cover)
        self.assertIn("3 files changed", cover)
        # The base is in no public repository.
        self.assertNotIn("base-commit", "".join(got.values()))
        one = got["one/0001-dma-direct-fix-line-20.patch"]
        self.assertIn(f"From: {ME}\nDate: Wed, 2 Jan 2030 03:05:05 +0000\n"
                      "Subject: [PATCH 1/1] dma-direct: fix line 20\n\n"
                      f"From: A Person <a@example.org>\n\nBecause.\n\n{TRAILER}\n---\n", one)
        self.assertIn("\n-line 20\n+line twenty\n line 21\n", one)

    def test_upstreams_file_is_named_and_not_quoted(self):
        self.series()
        got = self.make()
        old = blob(KERNEL["drivers/xen/swiotlb-xen.c"])
        new = blob(OVERLAY["drivers/xen/swiotlb-xen.c"])
        path = "diff --git a/drivers/xen/swiotlb-xen.c b/drivers/xen/swiotlb-xen.c\n"
        self.assertIn(f"{path}deleted file mode 100644\nindex {old}..{'0' * 40}\n"
                      "GIT binary patch\nliteral 0\nHcmV?d00001\n\n"
                      f"{path}new file mode 100644\nindex {'0' * 40}..{new}\n--- /dev/null\n"
                      "+++ b/drivers/xen/swiotlb-xen.c\n@@ -0,0 +1,1 @@\n+rewritten\n",
                      got["all/0002-xen-swiotlb-rewrite.patch"])
        self.assertNotIn("old two", "".join(got.values()))
        self.assertNotIn("/* old */", "".join(got.values()))

    def test_same_in_another_tree_with_another_configuration(self):
        self.series()
        first = self.make()
        for key, value in (("diff.noprefix", "true"), ("format.signature", "me"),
                           ("format.subjectPrefix", "ODD"), ("diff.algorithm", "patience"),
                           ("format.to", "someone@example.org"), ("diff.context", "7")):
            self.git("config", key, value)
        self.assertEqual(self.make(), first)
        self.dest = self.root / "build/other"
        self.assertEqual(self.make("build/again"), first)

    def test_git_am_of_each_series(self):
        self.series()
        self.make()
        for name, tag in (("one", "one"), ("two", "two"), ("all", "patched")):
            check.applied(self.prepare().git, *self.made[name], self.root / "build/series" / name)
            self.assertEqual(self.git("rev-parse", f"{self.made[name][1]}^{{tree}}"),
                             self.git("rev-parse", f"{tag}^{{tree}}"))
        mail = self.root / "build/series/two/0001-xen-swiotlb-rewrite.patch"
        text = mail.read_text()
        mail.write_text(text.replace("+rewritten", "+rewrited"))
        with self.assertRaisesRegex(RigError, "another tree"):
            check.applied(self.prepare().git, *self.made["two"], mail.parent)
        mail.write_text(text.replace("index ", "index 1"))
        with self.assertRaisesRegex(RigError, "git am: .*does not apply|git am: "):
            check.applied(self.prepare().git, *self.made["two"], mail.parent)

    def test_a_series_stands_on_what_it_names_alone(self):
        other = patch("mm: other", diff("mm/same.c", "@@ -4,3 +4,3 @@\n d\n-e\n+E\n f\n"))
        self.series({**SERIES, "three/0001-mm-other.patch": other})
        write(self.root, {"series/series": "one\ntwo\nthree\n",
                          "series/three/cover-letter": COVER})
        self.make()
        self.assertEqual(self.git("diff", "--stat=60", "base", self.made["three"][1]).split("|")[0],
                         "mm/same.c ")
        listing = "one\ntwo\nthree two\n"
        late = patch("late", diff("kernel/dma/direct.c", "@@ -19,3 +19,3 @@\n line 19\n"
                                  "-line twenty\n+line XX\n line 21\n"))
        self.series({**SERIES, "three/0001-late.patch": late})
        write(self.root, {"series/series": listing})
        self.refused("three/0001-late.patch does not apply")
        write(self.root, {"series/series": listing.replace("three", "three one")})
        self.make()

    def test_version_sender_and_cc(self):
        self.series()
        self.cover("Subject: xen:\n a series\nVersion: 2\nCc: C <c@example.org>\n"
                   "Cc: Again <C@example.org>\n\nA blurb.\n")
        got = self.make()
        self.assertEqual("".join(self.said).count("has no get_maintainer.pl"), 1)
        cover = got["one/v2-0000-cover-letter.patch"]
        self.assertIn("\nSubject: [PATCH v2 0/1] xen: a series\nCc: C <c@example.org>\n\nA blurb.",
                      cover)
        self.assertIn("\nCc: C <c@example.org>\n",
                      got["one/v2-0001-dma-direct-fix-line-20.patch"])

    def test_who_sends(self):
        for env, words in (({}, "git config user.name 'Your Name'; git config user.email"),
                           ({"GIT_COMMITTER_NAME": "M"}, "git config user.name")):
            with mock.patch.dict(os.environ, env), self.assertRaisesRegex(RigError, words):
                mails.sender(self.root)
        (self.root.parent / ".gitconfig").write_text("[user]\nname = M Person\n"
                                                     "email = m@example.org\n")
        self.assertEqual(mails.sender(self.root), ME)

    def test_unicode_in_a_patch(self):
        rest = diff("MAINTAINERS", "@@ -2,2 +2,2 @@\n \n-B\n+Ö\n")
        self.series({"0001-x.patch": patch("x: größer", rest, "Ä.",
                                           "Jürgen <j@example.org>")}, {})
        mail = self.make(who="Jürgen <j@example.org>")["one/0001-x-gr-er.patch"]
        self.assertIn("charset=UTF-8", mail)
        self.assertIn("From: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>", mail)

    def test_folder_holds_nothing_else(self):
        self.series()
        write(self.root, {"build/series/0001-of-old.patch": "x"})
        self.assertEqual(len(self.make()), 9)
        for path in OVERLAY:
            (self.root / path).unlink()
        self.series({FIRST: FIX}, {})
        self.assertEqual(len(self.make()), 4)
        (self.root / "build/series/one/precious.txt").write_text("x")
        self.refused("precious.txt")

    def test_refused_messages(self):
        for old, new, word in ((TRAILER, f"Signed-off-by: a <b>\n{TRAILER}", "Signed-off-by"),
                               (TRAILER, f"{TRAILER}\nFixes: x", "does not end with"),
                               ("Because.", "As patch\n12 says.", "'patch 12' names a patch"),
                               ("@example.org", "@lab.example", "no mail reaches its author")):
            self.series({"0001-x.patch": FIX.replace(old, new)}, {})
            self.refused(word)

    def test_cover_refers_to_patches(self):
        self.series()
        self.cover("Subject: x\n\nFirst [1].\n\nWith {xen/swiotlb: rewrite} and {xen: remove the\n"
                   "old} on 64 bits, {dma-direct:}\nand 9.1.4 done.\n\n[1] https://example.org/1\n",
                   "")
        self.cover("Subject: x\n\nWith {xen: rem}.\n", "two/")
        got = self.make()
        self.assertIn("\n\nFirst [1].\n\nWith 2 and 3 on 64 bits, 1 and 9.1.4 done.\n\n"
                      "[1] https://example.org/1\n", got["all/0000-cover-letter.patch"])
        self.assertIn("\n\nWith 2.\n", got["two/0000-cover-letter.patch"])

    def test_cover_with_references_that_rot(self):
        self.series()
        for text, word in (("{nobody: x} is new", r"no patch .* \{nobody: x\}"),
                           ("{dma-direct: fix} is another's", "no patch"),
                           ("{xen} is new", "more than one patch"),
                           ("Patch 2 is new", "2 could be the number of a patch"),
                           ("fixes (1, and its tests)", "1 could be")):
            self.cover(f"Subject: x\n\n{text}\n", "two/")
            self.refused(f"series/two/cover-letter: .*{word}")
            self.assertIn("not ok 3 The cover letter", Check.run_check(self)[1])
        self.cover("Subject: x\n\n4 and 32-bit, 3.1, v2\n", "two/")
        self.make()

    def test_refused_cover(self):
        self.series()
        for text, word in (("x", "header line"), ("Subject: x\n", "header line|no text"),
                           ("To: x\n\ny\n", "header line 'To: x'"),
                           ("Subject: ä\n\ny\n", "ASCII"), ("Subject: x\nCc: y\n\nz\n", "want 'Name"),
                           ("Subject: x\nVersion: two\n\ny\n", "no number")):
            self.cover(text)
            self.refused(word)
        (self.root / "series/one/cover-letter").unlink()
        self.refused("no series/one/cover-letter")


class Own(Lab):
    """make series KSRC=DIR: git and Python alone, and nothing is checked out."""

    def test_clone(self):
        self.series()
        own = self.root.parent / "own"
        write(own, dict(KERNEL, **{".mailmap": "", ".get_maintainer.ignore": "",
                                   "scripts/get_maintainer.pl": PERL}))
        env = environment({f"GIT_{who}_{what}": "c" for who in ("AUTHOR", "COMMITTER")
                           for what in ("NAME", "EMAIL")})
        for words in (["init", "-q"], ["add", "-Af"], ["commit", "-qm", "x"]):
            subprocess.run(["git", "-C", str(own), *words], env=env, check=True, timeout=60)
        head = subprocess.run(["git", "-C", str(own), "rev-parse", "HEAD"], env=env, check=True,
                              capture_output=True, text=True, timeout=60).stdout.strip()
        out = self.root / "build/series"
        with mock.patch.dict(os.environ, KSRC=str(own), GIT_COMMITTER_NAME="M Person",
                             GIT_COMMITTER_EMAIL="m@example.org"), \
                mock.patch.object(base.apt, "first", side_effect=AssertionError), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(series.run("mails", self.dest, out, self.root), 0)
        self.assertFalse(self.dest.exists())
        cover = (out / "two/0000-cover-letter.patch").read_text("utf-8")
        self.assertIn(f"\nbase-commit: {head}\nprerequisite-patch-id: ", cover)
        self.assertIn("\nCc: list@example.org\n", cover)
        self.assertIn("Cc: =?utf-8?b?SsO2cmcgw4Q=?= <j@example.org>,\n    list@example.org\n",
                      (out / "one/0000-cover-letter.patch").read_text("utf-8"))


class Check(Lab):
    def run_check(self):
        """(status, KTAP text) of the verb check."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), mock.patch.object(tell, "write"):
            status = check.check(self.prepare(), self.root)
        return status, out.getvalue()

    def test_good(self):
        self.series()
        status, text = self.run_check()
        self.assertEqual(status, 0, text)
        self.assertEqual(text.count("\nok "), 9)
        self.assertIn("git am of two on the base, one gives its tree", text)

    def test_not_normalised(self):
        self.series({"0001-x.patch": FIX.replace("@@ -19,3 +19,3 @@\n line 19\n",
                                                 "@@ -18,4 +18,4 @@\n line 18\n line 19\n")}, {})
        status, text = self.run_check()
        self.assertEqual(status, 1)
        self.assertIn("not ok 4", text)
        self.assertIn(f"write series/{FIRST} differently", text)
        self.assertEqual(text.count("\nok "), 7)

    def test_numbers(self):
        self.series({"0002-x.patch": FIX}, {})
        self.assertIn("not ok 1", self.run_check()[1])

    def test_message(self):
        self.series({FIRST: FIX.replace(TRAILER, "x"), SECOND: REWRITE})
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
