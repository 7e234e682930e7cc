"""make pins on an archive of our own, and the rule for each pin of this clone."""
import functools
import http.server
import threading
import unittest
from unittest import mock

from rig import pincheck
from rig.common import paths, tell
from rig.fetch import apt
from rig.tests.test_archive import Lab


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_args):  # pylint: disable=arguments-differ
        pass


class Kinds(Lab):
    """What is said of a pin, and where UPDATE=1 moves it."""

    def setUp(self):
        super().setUp()
        self.path = self.cache.parent / "clone/rig/pins"
        self.path.parent.mkdir(parents=True)
        patch = mock.patch.object(paths, "REPO", self.cache.parent / "clone")
        patch.start()
        self.addCleanup(patch.stop)
        self.archive.deb("trixie", "a", "1:1.2-4")
        self.old = self.archive.deb("trixie", "a", "1:1.2-3")
        self.new = self.archive.deb("trixie", "a", "1:1.2-9")
        self.source = self.archive.source("trixie", "b", "4.20.4-1")

    def one(self, pin, update=False, others=""):
        self.path.write_text(f"{others}{pin.name} {pin.version} {pin.arch} {pin.sha256} "
                             f"{pin.suite}\n{others}")
        return pincheck.one(self.path, pin, update)

    def pin(self, version="1:1.2-3", name="a", arch="amd64", sha256=None):
        return apt.Pin(name, version, arch, sha256 or self.old, "trixie")

    def test_there(self):
        self.archive.publish()
        self.assertEqual(self.one(self.pin()), ("rig/pins: a (amd64) 1:1.2-3: there", True))
        self.assertEqual(list(self.cache.glob("debs/*")), [])

    def test_there_over_http(self):
        self.archive.publish()
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(self.archive.top)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        for path in self.archive.files("trixie", "a", "1:1.2-9"):
            path.unlink()
        with mock.patch.object(apt, "host_uris", lambda: (address, None)):
            self.assertTrue(self.one(self.pin())[1])
            line, good = self.one(self.pin("1:1.2-9", sha256=self.new))
        self.assertFalse(good)
        self.assertIn("a (amd64) 1:1.2-9: HTTP Error 404", line)
        self.assertIn("1:1.2-4 of trixie stands in", line)

    def test_gone(self):
        self.archive.publish()
        self.assertEqual(self.one(self.pin("1:1.2-1")), (
            "rig/pins: a (amd64) 1:1.2-1: not listed\n    1:1.2-3 of trixie stands in", False))

    def test_another_hash(self):
        self.archive.publish()
        line, good = self.one(self.pin(sha256="0" * 64))
        self.assertIn("listed with another sha256", line)
        self.assertFalse(good)

    def test_update(self):
        self.archive.publish()
        others = "# a comment\nc 1 amd64 00 trixie\n"
        line, good = self.one(self.pin("1:1.2-1"), True, others)
        self.assertTrue(good)
        self.assertIn("moved to 1:1.2-3 of trixie", line)
        self.assertEqual(self.path.read_text(),
                         f"{others}a 1:1.2-3 amd64 {self.old} trixie\n{others}")

    def test_update_of_a_source(self):
        self.archive.publish()
        self.one(self.pin("4.20.3-1", "b", apt.SOURCE), True)
        self.assertEqual(self.path.read_text(), f"b 4.20.4-1 source {self.source} trixie\n")

    def test_update_with_nothing_there(self):
        self.archive.publish()
        for version in ("1:1.2-3", "1:1.2-4", "1:1.2-9"):
            for path in self.archive.files("trixie", "a", version):
                path.unlink(missing_ok=True)
        line, good = self.one(self.pin(), True)
        self.assertFalse(good)
        self.assertIn("and nothing stands in for it", line)
        self.assertEqual(line.count("    not 1:1.2-"), 2)
        self.assertIn(self.old, self.path.read_text())


class EachPin(unittest.TestCase):
    """Of this clone: each is taken away in turn, and all of its series."""

    def take_away(self, offers):
        """For apt.first(): only the versions in OFFERS can be had."""
        def fetch(offer):
            if offer.version not in offers:
                raise apt.AptError("404")
            return offer.version
        return fetch

    def test_its_next_version_stands_in(self):
        for path, pin in pincheck.all_pins():
            # A later revision by Debian, and another upstream series of another release.
            later = pin.version + ".1"
            offers = [apt.Offer(pin, "99.1-1", "sid", "9" * 64),
                      apt.Offer(pin, pin.version, pin.suite, pin.sha256),
                      apt.Offer(pin, later, pin.suite, "1" * 64)]
            said = []
            tell.say_once.forget()
            with self.subTest(f"{path.name} {pin}"), \
                 mock.patch.object(apt, "listed", lambda pin, found=offers: found), \
                 mock.patch.object(tell, "write", said.append):
                self.assertEqual(apt.first(pin, self.take_away([pin.version, later])),
                                 pin.version)
                self.assertEqual(said, [])
                self.assertEqual(apt.first(pin, self.take_away([later, "99.1-1"])), later)
                self.assertIn(f"{pin}: using {later} of {pin.suite}", said[0])
                with self.assertRaisesRegex(apt.AptError, "no version of this series") as caught:
                    apt.first(pin, self.take_away(["99.1-1"]))
                self.assertIn(f"{pin.version} (pinned): 404; {later} ({pin.suite}): 404",
                              str(caught.exception))
        tell.say_once.forget()

    def test_kernel_moves_whole(self):
        pin = pincheck.base.pin_of(pincheck.base.load())
        offer = apt.Offer(pin, "7.3.9-1~bpo13+1", "trixie-backports", "1" * 64)
        with mock.patch.object(apt.Offer, "path", lambda offer: None), \
             mock.patch.object(pincheck.importer, "date_of",
                               lambda deb, tarball: "2026-12-01T00:00:00Z"):
            text = pincheck.moved_kernel(pincheck.KERNEL.read_text("ascii"), offer)
        for line in ("version=7.3.9-1~bpo13+1", "release=7.3.9", "sha256=" + "1" * 64,
                     "date=2026-12-01T00:00:00Z", "suite=trixie-backports"):
            self.assertIn(line + "\n", text)


if __name__ == "__main__":
    unittest.main()
