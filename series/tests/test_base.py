"""Where the kernel comes from: the pinned package, its neighbours, the caller's own."""
import shutil
import subprocess
import unittest
from unittest import mock

from rig.common import kept, tell
from rig.common.error import RigError
from rig.common.git import environment
from series import base, importer, ksrc
from series.tests.lab import (FIRST, FIX, KERNEL, LINES, Lab, REMOVE, REWRITE, SECOND, TARBALL,
                              THIRD, blob, package, write)


class Pins(Lab):
    def test_load(self):
        self.assertEqual(base.load(self.root)["release"], "9.1.4")
        self.assertEqual(base.seconds("1970-01-02T00:00:01Z"), 86401)

    def test_faults(self):
        (self.root / "series/base").write_text("package=x\n# version=1\n")
        with self.assertRaisesRegex(RigError, "version, sha256"):
            base.load(self.root)
        with self.assertRaisesRegex(RigError, "date=soon"):
            base.seconds("soon")

    def test_the_clone_names_one(self):
        found = base.load()
        self.assertRegex(found["sha256"], "^[0-9a-f]{64}$")
        self.assertTrue(found["version"].startswith(found["release"]))
        base.seconds(found["date"])


class Import(Lab):
    def into(self, deb, tarball):
        """As base.packaged() has it made."""
        kept.made(self.cache / "base/x.git",
                  lambda part: importer.into(part, deb, tarball, 0, "x\n"))

    def test_damaged_package_leaves_nothing(self):
        deb = self.cache / "debs/x.deb"
        deb.write_bytes(b"!<arch>\n no")
        with self.assertRaises(RigError):
            self.into(deb, TARBALL)
        self.assertEqual([path.name for path in (self.cache / "base").glob("x*")], [])

    def test_no_such_tarball(self):
        deb, = (self.cache / "debs").iterdir()
        with self.assertRaisesRegex(RigError, "holds no usr/src/other"):
            self.into(deb, "usr/src/other.tar.xz")
        self.assertFalse((self.cache / "base/x.git").exists())

    def test_cut_off_package(self):
        deb, = (self.cache / "debs").iterdir()
        data = deb.read_bytes()
        deb.write_bytes(data[:len(data) - 400])
        with self.assertRaises(RigError):
            self.into(deb, TARBALL)
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
                               (base.apt, "unread", lambda arch: "")):
            patcher = mock.patch.object(of, name, fake)
            patcher.start()
            self.addCleanup(patcher.stop)
        tell.say_once.forget()

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
        files = dict(KERNEL, **{"kernel/dma/direct.c": "x\n" * 3 + "".join(
            f"line {number}\n" for number in (19, 20, 21)) + LINES})
        self.offer("9.1.5-1", files)
        with self.assertRaisesRegex(RigError, "no one place"):
            self.prepare()

    def test_none(self):
        broken = dict(KERNEL, **{"kernel/dma/direct.c": "nothing\n"})
        self.offer("9.1.5-1", broken)
        with self.assertRaisesRegex(RigError, r"Tried: 9.1.4-1 \(pinned\): .*; "
                                    r"9.1.5-1 \(s\): one/0001.*does not apply(.|\n)*KSRC"):
            self.prepare()

    def test_refresh_there(self):
        self.offer("9.1.5-1", KERNEL)
        self.prepare()
        self.amend({"drivers/xen/new.c": "x\n"}, "HEAD~1")
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
        self.own_git("init", "-q")
        self.save("first")

    def save(self, message):
        """Commit all there is in the caller's kernel; its HEAD."""
        self.own_git("add", "-A", "-f")
        self.own_git("commit", "-q", "-m", message)
        return self.own_git("rev-parse", "HEAD")

    def own_git(self, *args):
        """A git command in the caller's kernel."""
        env = environment({f"GIT_{who}_{what}": "c" for who in ("AUTHOR", "COMMITTER")
                           for what in ("NAME", "EMAIL")})
        env.update(GIT_AUTHOR_DATE="@2000000000 +0000", GIT_COMMITTER_DATE="@2000000000 +0000")
        return subprocess.run(["git", "-C", str(self.own), *args], env=env, check=True,
                              capture_output=True, text=True, timeout=60).stdout.strip()

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

    def test_git_clone(self):
        write(self.own, {"mm/theirs.c": "x\n"})
        head = self.save("second")
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
        write(self.own, {"mm/theirs.c": "x\n"})
        self.save("second")
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

    def refused(self, where, word):
        with self.assertRaisesRegex(RigError, word):
            self.prepare(ksrc=where)

    def test_refused(self):
        self.refused(self.own / "none", "not a directory")
        plain = self.root.parent / "plain"
        write(plain, KERNEL)
        self.refused(plain, "is no git clone")
        self.prepare(ksrc=self.own)
        self.refused(self.dest, "prepared tree itself")
        self.own = plain
        self.own_git("init", "-q")
        self.refused(plain, "without a commit")
        (plain / "Makefile").write_text("all:\n")
        self.save("no kernel")
        self.refused(plain, "no kernel source")

    def test_does_not_apply(self):
        write(self.own, {"kernel/dma/direct.c": "other\n"})
        self.save("other")
        self.refused(self.own, "does not apply to KSRC=.*9.1.4.*one/0001-dma-direct-fix-line-20.patch")

    def test_a_fix_in_a_file_that_goes_is_not_undone(self):
        for path, word in (("drivers/xen/swiotlb-xen.c", "replaces"),
                           ("include/xen/old.h", "deletes")):
            write(self.own, dict(KERNEL, **{path: "fixed\n"}))
            self.save("fixed")
            self.refused(self.own, f"does not apply to KSRC=.*{word} {path} {blob(KERNEL[path])[:12]}"
                         f", and here it is {blob('fixed' + chr(10))[:12]}")

    def test_without_an_id_nothing_goes(self):
        text = REWRITE.replace(" " + blob(KERNEL["drivers/xen/swiotlb-xen.c"]), "")
        self.series({FIRST: FIX, SECOND: text, THIRD: REMOVE})
        self.refused(self.own, "swiotlb-xen.c and does not say which version")

    def test_offset(self):
        write(self.own, {"kernel/dma/direct.c": "more\n" + LINES})
        self.save("more")
        self.prepare(ksrc=self.own)
        self.assertIn("line twenty", (self.dest / "kernel/dma/direct.c").read_text())
        self.assertIn("@@ -19,3 +19,3 @@", FIX)
        self.assertEqual(self.refresh(ksrc=self.own), [f"series/{FIRST}"])
        self.assertIn("@@ -20,3 +20,3 @@", self.file(f"series/{FIRST}"))


if __name__ == "__main__":
    unittest.main()
