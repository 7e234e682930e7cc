"""fetch/xensource.py: which source of Xen is taken, and what is told of it."""
import os
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from rig.common import tell
from rig.common.error import RigError
from rig.fetch import apt, userland, xensource
from rig.tests.test_archive import Lab

MAKEFILE = "export XEN_VERSION       = 4\nexport XEN_SUBVERSION    = 17\nexport XEN_EXTRAVERSION\n"


class Taken(Lab):
    """source() with an archive of our own."""

    def setUp(self):
        super().setUp()
        self.pins = {}
        for patch in (mock.patch.object(apt, "pins", lambda name="pins": self.pins[name]),
                      mock.patch.dict(os.environ, XSRC="")):
            patch.start()
            self.addCleanup(patch.stop)
        xensource.source.forget()
        self.addCleanup(xensource.source.forget)

    def have(self, new, old):
        """Pin both releases; the archive has the versions NEW and OLD of them."""
        for name, suite, pinned, there in (("pins", "trixie", "4.20.3-1", new),
                                           ("pins-xen4.17", "bookworm", "4.17.5-1", old)):
            sha256 = "0" * 64
            for version in there:
                made = self.archive.source(suite, "xen", version)
                sha256 = made if version == pinned else sha256
            self.pins[name] = {("xen", "source"): apt.Pin("xen", pinned, "source", sha256, suite)}
        self.archive.publish()

    def test_preferred(self):
        self.have(["4.20.3-1", "4.20.4-1"], ["4.17.5-1"])
        self.assertEqual(xensource.source().about, "Xen 4.20.3-1")
        self.assertNotIn("building", self.said)

    def test_its_neighbour(self):
        self.have(["4.20.4-1"], ["4.17.5-1"])
        self.assertEqual(xensource.source().about, "Xen 4.20.4-1")
        self.assertIn("using 4.20.4-1 of trixie instead of 4.20.3-1", self.said)

    def test_listed_and_gone_then_older(self):
        self.have(["4.20.3-1"], ["4.17.5-1"])
        for path in self.archive.files("trixie", "xen", "4.20.3-1", "source"):
            path.unlink()
        self.assertEqual(xensource.source().about, "Xen 4.17.5-1")
        xensource.source()
        self.assertEqual(self.said.count("building Xen 4.17.5-1, without what only a newer"), 1)
        self.assertIn("4.20.3-1 (pinned)", self.said)

    def test_none(self):
        self.have([], [])
        with self.assertRaisesRegex(apt.AptError, "no source of Xen can be had: .*4.20.3-1 "
                                    r"\(pinned\): (.|\n)*4.17.5-1 \(pinned\): "):
            xensource.source()

    def test_own_goes_first(self):
        self.have(["4.20.3-1"], [])
        top = self.cache.parent / "own"
        (top / "xen").mkdir(parents=True)
        (top / "xen/Makefile").write_text(MAKEFILE)
        with mock.patch.dict(os.environ, XSRC=str(top)):
            self.assertEqual(xensource.source().about, f"Xen 4.17 of XSRC={top}")
        self.assertEqual(self.said, "")


class Own(unittest.TestCase):
    """XSRC=DIR."""

    def setUp(self):
        self.lab = Taken("test_none")
        self.lab.setUp()
        self.addCleanup(self.lab.doCleanups)
        self.top = self.lab.cache.parent / "own"
        (self.top / "xen").mkdir(parents=True)
        (self.top / "xen/Makefile").write_text(MAKEFILE)
        (self.top / "xen/x.c").write_text("one\n")

    def unpacked(self):
        dest = self.lab.cache.parent / "dest"
        dest.mkdir()
        return (xensource._unpack(xensource.own(self.top), dest) / "xen/x.c").read_text()

    def test_plain(self):
        before = xensource.own(self.top).key
        (self.top / "xen/x.c").write_text("two\n")
        self.assertNotEqual(xensource.own(self.top).key, before)
        self.assertEqual(self.unpacked(), "two\n")

    def test_clone_is_its_head(self):
        for words in (["init", "-q"], ["add", "-A"],
                      ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", str(self.top), *words], check=True, timeout=60)
        before = xensource.own(self.top).key
        (self.top / "xen/x.c").write_text("two\n")
        self.assertEqual(xensource.own(self.top).key, before)
        self.assertEqual(self.unpacked(), "one\n")

    def test_refused(self):
        for name, words, make in (
                ("none", "not a directory", lambda top: None),
                ("empty", "no source of Xen", lambda top: top.mkdir()),
                ("built", "has been built in", lambda top: (
                    (top / "xen").mkdir(parents=True), (top / "xen/Makefile").write_text(MAKEFILE),
                    (top / "xen/.config").write_text(""))),
                ("other", "gives no version", lambda top: (
                    (top / "xen").mkdir(parents=True), (top / "xen/Makefile").write_text("x\n")))):
            with self.subTest(name), self.assertRaisesRegex(RigError, words):
                make(self.top.parent / name)
                xensource.own(self.top.parent / name)


class Tools(unittest.TestCase):
    def test_release(self):
        self.assertEqual(xensource.release(MAKEFILE), "4.17")
        self.assertIsNone(xensource.release("all:\n"))

    def test_own_release_first(self):
        for what in userland.ARM64:
            self.assertIs(userland.tools_for(what.release), what)

    def test_of_another_release(self):
        with mock.patch.object(tell, "write") as say:
            self.assertIs(userland.tools_for("4.99"), userland.ARM64[0])
        self.assertIn("no tools of Xen 4.99", say.call_args[0][0])

    def test_all_are_pinned(self):
        for what in (*userland.OF.values(), *userland.ARM64):
            for name in what.tools:
                self.assertEqual(apt.pinned(name, what.debian, what.pins).arch, what.debian)
        for what in userland.OF.values():
            apt.pinned(what.hypervisor, what.debian, what.pins)
        for what in userland.ARM64:
            apt.pinned("xen", apt.SOURCE, what.pins)

    def test_lacks(self):
        xen = xensource.Xen(Path("x"), "x", userland.ARM64[1], frozenset({"HAS_ITS"}))
        self.assertEqual(xen.lacks(("LLC_COLORING", "HAS_ITS")), ["LLC_COLORING"])


if __name__ == "__main__":
    unittest.main()
