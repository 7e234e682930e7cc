"""Where the kernel comes from: the pinned package, its neighbours, the caller's own."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from series import base, importer, ksrc
from series.error import SeriesError
from series.git import environment
from series.tests.lab import (FIX, KERNEL, LINES, OVERLAY, REMOVE, REWRITE, SERIES, TARBALL, Lab,
                              blob, diff, package, patch, write)


class Pins(Lab):
    def test_load(self):
        self.assertEqual(base.load(self.root)["release"], "9.1.4")
        self.assertEqual(base.seconds("1970-01-02T00:00:01Z"), 86401)

    def test_faults(self):
        (self.root / "series/base").write_text("package=x\n# version=1\n")
        with self.assertRaisesRegex(SeriesError, "version, sha256"):
            base.load(self.root)
        with self.assertRaisesRegex(SeriesError, "date=soon"):
            base.seconds("soon")

    def test_the_clone_names_one(self):
        found = base.load()
        self.assertRegex(found["sha256"], "^[0-9a-f]{64}$")
        self.assertTrue(found["version"].startswith(found["release"]))
        base.seconds(found["date"])


class Import(Lab):
    def test_damaged_package_leaves_nothing(self):
        deb = self.cache / "debs/x.deb"
        deb.write_bytes(b"!<arch>\n no")
        with self.assertRaises(SeriesError):
            importer.into(self.cache / "base/x.git", deb, TARBALL, 0, "x\n")
        self.assertEqual([path.name for path in (self.cache / "base").glob("x*")], [])

    def test_no_such_tarball(self):
        deb, = (self.cache / "debs").iterdir()
        with self.assertRaisesRegex(SeriesError, "holds no usr/src/other"):
            importer.into(self.cache / "base/x.git", deb, "usr/src/other.tar.xz", 0, "x\n")
        self.assertFalse((self.cache / "base/x.git").exists())

    def test_cut_off_package(self):
        deb, = (self.cache / "debs").iterdir()
        data = deb.read_bytes()
        deb.write_bytes(data[:len(data) - 400])
        with self.assertRaises(SeriesError):
            importer.into(self.cache / "base/x.git", deb, TARBALL, 0, "x\n")
        self.assertFalse((self.cache / "base/x.git").exists())


class Gone(Lab):
    """The archive no longer has the pinned version."""

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.cache)
        self.series()
        self.archive = {}
        self.fetched = []
        for of, name, fake in ((base.apt.Offer, "path", self.fetch),
                               (base.apt, "listed", self.listed),
                               (base.apt, "unread", lambda arch: ""),
                               (base.apt, "say", self.said.append)):
            patcher = mock.patch.object(of, name, fake)
            patcher.start()
            self.addCleanup(patcher.stop)
        base.apt.say_once.forget()

    def offer(self, version, files):
        """Let the archive have VERSION."""
        (self.cache / "debs").mkdir(parents=True, exist_ok=True)
        self.archive[version] = package(self.cache / "debs", version, files)

    def listed(self, pin):
        """What the archive has, as rig/apt.py says it."""
        return [base.apt.Offer(pin, version, "s", base.apt.sha256_of(deb))
                for version, deb in self.archive.items()]

    @property
    def fetch(self):
        """For Offer.path(): a package, or apt's error."""
        def path(offer):
            self.fetched.append(offer.version)
            if offer.version not in self.archive:
                raise base.apt.AptError("not in the archive")
            return self.archive[offer.version]
        return path

    def test_nearest_that_applies(self):
        shifted = dict(KERNEL, **{"kernel/dma/direct.c": "two\nmore\n" + LINES})
        broken = dict(KERNEL, **{"kernel/dma/direct.c": LINES.replace("line 20\n", "")})
        self.offer("9.1.9-1", KERNEL)
        self.offer("9.1.5-1", broken)
        self.offer("9.1.3-1", shifted)
        made = self.prepare()
        self.assertEqual(self.fetched, ["9.1.4-1", "9.1.5-1", "9.1.3-1"])
        self.assertRegex("".join(self.said), "using 9.1.3-1 of s instead of 9.1.4-1 .pinned.: "
                         "not in the archive; 9.1.5-1 .s.: .*does not apply")
        self.assertIn("9.1.3", made.state["about"])
        self.assertIn("more\nline 1\n", (self.dest / "kernel/dma/direct.c").read_text())
        self.assertIn("line twenty\n", (self.dest / "kernel/dma/direct.c").read_text())

    def test_a_fix_of_a_release_is_not_undone(self):
        self.offer("9.1.5-1", dict(KERNEL, **{"drivers/xen/swiotlb-xen.c": "fixed\n"}))
        self.offer("9.1.2-1", KERNEL)
        self.prepare()
        self.assertIn("using 9.1.2-1", "".join(self.said))

    def test_ambiguous_there(self):
        files = dict(KERNEL, **{"kernel/dma/direct.c": "line 20\nx\n" + LINES})
        self.offer("9.1.5-1", files)
        with self.assertRaisesRegex(SeriesError, "no one place"):
            self.prepare()

    def test_none(self):
        broken = dict(KERNEL, **{"kernel/dma/direct.c": "nothing\n"})
        self.offer("9.1.5-1", broken)
        with self.assertRaisesRegex(SeriesError, r"Tried: 9.1.4-1 \(pinned\): .*; "
                                    r"9.1.5-1 \(s\): 0001.*does not apply(.|\n)*KSRC"):
            self.prepare()

    def test_refresh_there(self):
        self.offer("9.1.5-1", KERNEL)
        self.prepare()
        self.edit({"drivers/xen/new.c": "x\n"})
        self.assertEqual(self.refresh(), ["drivers/xen/new.c"])


class Release(unittest.TestCase):
    def test_makefile(self):
        self.assertEqual(ksrc.release(KERNEL["Makefile"]), "9.1.4")
        self.assertEqual(ksrc.release("VERSION = 9\nPATCHLEVEL = 2\nSUBLEVEL = 0\n"
                                      "EXTRAVERSION = -rc3\n"), "9.2.0-rc3")
        self.assertIsNone(ksrc.release("all:\n"))

    def test_of_a_package(self):
        self.assertEqual(base.release_of("7.3.5-1~bpo13+1"), "7.3.5")


class Own(Lab):
    """KSRC=DIR."""

    def setUp(self):
        super().setUp()
        shutil.rmtree(self.cache)  # the package is not to be asked for
        self.series()
        self.own = self.root.parent / "own"
        write(self.own, dict(KERNEL, **{".gitignore": "*.o\n"}))

    def own_git(self, *args):
        """A git command in the caller's kernel."""
        env = environment({f"GIT_{who}_{what}": "c" for who in ("AUTHOR", "COMMITTER")
                           for what in ("NAME", "EMAIL")})
        env.update(GIT_AUTHOR_DATE="@2000000000 +0000", GIT_COMMITTER_DATE="@2000000000 +0000")
        return subprocess.run(["git", "-C", str(self.own), *args], env=env, check=True,
                              capture_output=True, text=True, timeout=60).stdout.strip()

    def clone(self):
        """Make the caller's kernel a git clone with a history; its HEAD."""
        self.own_git("init", "-q")
        self.own_git("add", "-A", "-f")
        self.own_git("commit", "-q", "-m", "first")
        write(self.own, {"mm/theirs.c": "x\n"})
        self.own_git("add", "-A")
        self.own_git("commit", "-q", "-m", "second")
        return self.own_git("rev-parse", "HEAD")

    def contents(self):
        """{path: (bytes, mtime)} of all there, .git too.

        git marks an object that it needed and found there as used, by its time.
        """
        return {path: (path.read_bytes(), "objects" in path.parts or path.stat().st_mtime_ns)
                for path in self.own.rglob("*") if path.is_file()}

    def applied(self):
        self.assertEqual((self.dest / "drivers/xen/swiotlb-xen.c").read_text(), "rewritten\n")
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.refresh(ksrc=self.own), [])

    def test_plain_tree(self):
        before = self.contents()
        made = self.prepare(ksrc=self.own)
        self.applied()
        self.assertEqual(self.contents(), before)
        self.assertEqual((self.dest / "lib/odd.o").read_text(), KERNEL["lib/odd.o"])
        self.assertEqual(made.state["about"], "Linux 9.1.4 (your own)")

    def test_plain_tree_that_changes(self):
        self.prepare(ksrc=self.own)
        write(self.own, {"mm/theirs.c": "x\n"})
        self.prepare(ksrc=str(self.own))
        self.assertTrue((self.dest / "mm/theirs.c").exists())
        self.applied()

    def test_plain_tree_of_debian(self):
        write(self.own, {".gitignore": KERNEL[".gitignore"]})
        self.prepare(ksrc=self.own)
        self.assertEqual((self.dest / ".gitignore").read_text(), "*.o\n")
        self.assertEqual((self.own / ".gitignore").read_text(), KERNEL[".gitignore"])

    def test_git_clone(self):
        head = self.clone()
        write(self.own, {"mm/theirs.c": "uncommitted\n"})
        before = self.contents()
        self.prepare(ksrc=self.own)
        self.assertEqual(self.git("rev-parse", "base"), head)
        self.assertEqual((self.dest / "mm/theirs.c").read_text(), "x\n")
        self.assertEqual(self.git("log", "-1", "--format=%at"), str(2000000000 + 180))
        self.assertIn("uncommitted edits, which are not taken", "".join(self.said))
        self.applied()
        self.assertEqual(self.contents(), before)

    def test_linked_work_tree_shallow_and_bare(self):
        self.clone()
        whole = self.own
        for name, make in (("linked", ["worktree", "add", "-q"]),
                           ("shallow", ["clone", "-q", "--depth=1", f"file://{whole}"]),
                           ("bare", ["clone", "-q", "--bare", str(whole)])):
            with self.subTest(name):
                self.own = whole
                self.own_git(*make, str(whole.parent / name))
                self.own = whole.parent / name
                self.dest = self.root / "build" / name
                self.prepare(ksrc=self.own)
                self.applied()

    def test_back_and_forth(self):
        shutil.copytree(os.fspath(Path(self.own)), self.root.parent / "plain")
        self.clone()
        tips = [self.prepare(ksrc=where).state["tip"]
                for where in (self.own, self.root.parent / "plain", self.own)]
        self.assertEqual(tips[0], tips[2])
        self.assertNotEqual(tips[0], tips[1])
        self.applied()

    def refused(self, where, word):
        with self.assertRaisesRegex(SeriesError, word):
            self.prepare(ksrc=where)

    def test_refused(self):
        self.refused(self.own / "none", "not a directory")
        (self.own / "empty").mkdir()
        self.refused(self.own / "empty", "no kernel source")
        (self.own / ".config").write_text("x")
        self.refused(self.own, "mrproper")
        (self.own / ".config").unlink()
        self.prepare(ksrc=self.own)
        self.refused(self.dest, "prepared tree itself")

    def test_clone_without_a_commit(self):
        self.own_git("init", "-q")
        self.refused(self.own, "without a commit")

    def test_does_not_apply(self):
        write(self.own, {"kernel/dma/direct.c": "other\n"})
        self.refused(self.own, "does not apply to KSRC=.*9.1.4.*0001-dma-direct-fix-line-20.patch")

    def test_a_fix_in_a_file_that_goes_is_not_undone(self):
        for path, word in (("drivers/xen/swiotlb-xen.c", "replaces"),
                           ("include/xen/old.h", "deletes")):
            write(self.own, dict(KERNEL, **{path: "fixed\n", ".gitignore": "*.o\n"}))
            self.refused(self.own, f"does not apply to KSRC=.*{word} {path} {blob(KERNEL[path])[:12]}"
                         f", and here it is {blob('fixed' + chr(10))[:12]}")

    def test_without_an_id_nothing_goes(self):
        text = REWRITE.replace(" " + blob(KERNEL["drivers/xen/swiotlb-xen.c"]), "")
        self.series({"0001-dma-direct-fix-line-20.patch": FIX,
                     "0002-xen-swiotlb-rewrite.patch": text,
                     "0003-xen-remove-the-old-header.patch": REMOVE})
        self.refused(self.own, "swiotlb-xen.c and does not say which version")

    def test_insertion_without_context(self):
        self.series({"0001-x.patch": patch("x", diff("kernel/dma/direct.c",
                                                     "@@ -20,0 +21 @@\n+x\n"))}, {})
        for path in OVERLAY:
            (self.root / path).unlink()
        for name in SERIES:
            (self.root / "series" / name).unlink()
        self.refused(self.own, "no one place")

    def test_offset(self):
        write(self.own, {"kernel/dma/direct.c": "more\n" + LINES})
        self.prepare(ksrc=self.own)
        self.assertIn("line twenty", (self.dest / "kernel/dma/direct.c").read_text())
        self.assertIn("@@ -20 +20 @@", FIX)
        self.assertEqual(self.refresh(ksrc=self.own), ["series/0001-dma-direct-fix-line-20.patch"])
        self.assertIn("@@ -21 +21 @@", self.file("series/0001-dma-direct-fix-line-20.patch"))

    def test_refresh_wants_clear_places(self):
        self.prepare(ksrc=self.own)
        block = "a\nb\nc\nd\ne\nf\ng\n"
        self.edit({"mm/same.c": block + block.replace("d\n", "d\nx\n") + block})
        self.commit("x")
        with self.assertRaisesRegex(SeriesError, "mm/same.c: a hunk fits more than one place"):
            self.refresh(ksrc=self.own)


if __name__ == "__main__":
    unittest.main()
