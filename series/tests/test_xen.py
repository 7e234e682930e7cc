"""Xen's series: by the same tool, from a source tarball, in folders of its own."""
import hashlib
import os
import subprocess
import tarfile
import unittest
from pathlib import Path
from unittest import mock

from rig.common.error import RigError
from series import ksrc, project, series, store, tree
from series.tests import lab

MAKEFILE = ("export XEN_VERSION       = 4\nexport XEN_SUBVERSION    = 91\n"
            "export XEN_EXTRAVERSION ?= .3$(XEN_VENDORVERSION)\n")
# It knows fewer words than the kernel's.
ASKED = """use Getopt::Long;
exit 1 unless GetOptions("git!" => \\my $a, "git-fallback!" => \\my $b, "rolestats!" => \\my $c,
                         "keywords!" => \\my $d);
print "xen\\@example.org\\n";
"""
XEN = {"xen/Makefile": MAKEFILE, "xen/common/a.c": lab.LINES, "MAINTAINERS": "A\n",
       "scripts/get_maintainer.pl": ASKED}
FIX = lab.patch("common: fix line 20", lab.diff(
    "xen/common/a.c", "@@ -19,3 +19,3 @@\n line 19\n-line 20\n+line twenty\n line 21\n"))
NEW = lab.patch("common: add b", "Adds: xen/common/b.c\n")


class Xen(lab.Lab):
    def setUp(self):
        super().setUp()
        self.place = project.xen(self.root)
        work = self.root.parent / "work"
        lab.write(work / "xen-4.91.3", XEN)
        tarball = self.cache / "debs/xen_4.91.3.orig.tar.xz"
        with tarfile.open(tarball, "w:xz") as tar:
            tar.add(work / "xen-4.91.3", "xen-4.91.3")
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        lab.write(self.root, {
            "series-xen/base": f"package=xen\nversion=4.91.3-1\nsha256={digest}\nsuite=s\n"
                               f"release=4.91.3\ndate={lab.DATE}\n",
            "series-xen/series": "one\n", "series-xen/one/0001-common-fix-line-20.patch": FIX,
            "series-xen/one/0002-common-add-b.patch": NEW, "xen/common/b.c": "b\n"})
        self.clone = self.root.parent / "mine"

    def own(self, files):
        """A clone of the caller's with FILES."""
        lab.write(self.clone, files)
        for words in (["init", "-q"], ["add", "-Af"],
                      ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", str(self.clone), *words], check=True, timeout=60)

    def test_tree(self):
        made = tree.prepare(self.root / "build/xen-tree", self.place)
        self.assertEqual(made.state["about"], "Xen 4.91.3 (xen 4.91.3-1)")
        self.assertIn("line twenty", (made.dest / "xen/common/a.c").read_text())
        self.assertEqual((made.dest / "xen/common/b.c").read_text(), "b\n")

    def test_mails(self):
        lab.write(self.root, {f"series-xen/{name}cover-letter": "Subject: xen: a series\n\nA.\n"
                              for name in ("", "one/")})
        out = self.root / "build/series-xen"
        with mock.patch.dict(os.environ, GIT_COMMITTER_NAME="M", GIT_COMMITTER_EMAIL="m@b.org"):
            series.run("mails", self.root / "build/xen-tree", out, self.place)
        for name in ("0000-cover-letter", "0001-common-fix-line-20", "0002-common-add-b"):
            self.assertIn("\nCc: xen@example.org\n",
                          (out / f"one/{name}.patch").read_text("utf-8"))

    def test_kernels_series_does_not_see_it(self):
        self.series()
        self.assertNotIn("xen/common/b.c", store.load(self.root).overlay)
        self.assertEqual(list(store.load(self.place).overlay), ["xen/common/b.c"])

    def test_own_clone_and_what_applies(self):
        self.own(XEN)
        made = tree.prepare(self.root / "build/xen-tree", self.place, self.clone)
        self.assertEqual(made.state["about"], "Xen 4.91.3 (your own)")

    def test_told_for_each_patch(self):
        self.own({**XEN, "xen/common/a.c": "other\n"})
        with self.assertRaisesRegex(RigError, "(?s)XSRC=.*0001-common-fix-line-20.patch: .*does not"
                                    " apply.*0002-common-add-b.patch: applies$"):
            tree.prepare(self.root / "build/xen-tree", self.place, self.clone)

    def test_no_xen(self):
        self.own({"Makefile": "VERSION = 9\nPATCHLEVEL = 1\n"})
        with self.assertRaisesRegex(RigError, "XSRC=.* holds no source of Xen"):
            tree.prepare(self.root / "build/xen-tree", self.place, self.clone)


class Chosen(unittest.TestCase):
    def test_variable(self):
        self.assertEqual(project.chosen(Path("x"), {}).folder, "series")
        self.assertEqual(project.chosen(Path("x"), {"XEN": "1"}).folder, "series-xen")
        with self.assertRaisesRegex(RigError, "XEN=yes"):
            project.chosen(Path("x"), {"XEN": "yes"})

    def test_release(self):
        self.assertEqual(ksrc.release_xen(MAKEFILE), "4.91.3")
        self.assertIsNone(ksrc.release_xen("all:\n"))


if __name__ == "__main__":
    unittest.main()
