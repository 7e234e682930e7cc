"""The pure parts of rig/apt.py."""
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import apt  # noqa: E402

TARGETS = """\
http://mirror/debian/|bookworm-updates|Debian|main
http://mirror/debian/|bookworm|Debian|main
http://mirror/debian/|bookworm|Debian|contrib
http://other/node|nodistro|Other|main
http://mirror/debian-security/|bookworm-security|Debian|main
"""

MADISON = """\
  qemu | 1:7.2+dfsg-7+deb12u19 | http://m/debian bookworm/main amd64 Packages
  qemu | 1:7.2+dfsg-7+deb12u18 | http://s/security bookworm-security/main amd64 Packages
  qemu | 1:10.0.8+ds-0 | http://m/debian trixie/main amd64 Packages
  qemu | 1:7.2+dfsg-7+deb12u19 | http://m/debian bookworm/main Sources
"""


class Targets(unittest.TestCase):
    def test_debian_only(self):
        self.assertEqual(apt.parse_targets(TARGETS),
                         ("http://mirror/debian/", "http://mirror/debian-security/"))

    def test_none(self):
        self.assertEqual(apt.parse_targets("http://x|nodistro|Other|main\n"), (None, None))

    def test_only_updates_configured(self):
        self.assertEqual(apt.parse_targets("http://u/|trixie-updates|Debian|main\n"),
                         ("http://u/", None))


class Sources(unittest.TestCase):
    def test_security_optional(self):
        text = apt.sources_list("armhf", "http://m/", None, None)
        self.assertIn("deb [arch=armhf] http://m/ trixie-backports main\n", text)
        self.assertNotIn("security", text)

    def test_keyring(self):
        text = apt.sources_list("amd64", "http://m/", "http://s/", "/k.gpg")
        self.assertIn("deb [arch=amd64 signed-by=/k.gpg] http://s/ bookworm-security main", text)


class Nearest(unittest.TestCase):
    def setUp(self):
        self.offers = apt.parse_madison(MADISON)

    def test_madison(self):
        self.assertEqual(self.offers, [("1:7.2+dfsg-7+deb12u19", "bookworm"),
                                       ("1:7.2+dfsg-7+deb12u18", "bookworm-security"),
                                       ("1:10.0.8+ds-0", "trixie")])

    def test_same_suite_wins(self):
        self.assertEqual(apt.nearest("1:7.2+dfsg-7+deb12u17", "bookworm", self.offers),
                         "1:7.2+dfsg-7+deb12u19")

    def test_other_suite_if_nothing_else(self):
        self.assertEqual(apt.nearest("1:7.2+dfsg-7", "bookworm", self.offers[2:]),
                         "1:10.0.8+ds-0")

    def test_nothing(self):
        self.assertIsNone(apt.nearest("1", "bookworm", []))

    def test_numbers_agree_longest(self):
        offers = [("7.4.1-1", "trixie-backports"), ("7.3.9-1", "trixie-backports"),
                  ("7.3.7-1", "trixie-backports")]
        self.assertEqual(apt.nearest("7.3.4-1", "trixie-backports", offers), "7.3.9-1")


class Pins(unittest.TestCase):
    def test_good(self):
        self.assertEqual(apt.load_pins("# c\nxen 4.17 amd64 ab bookworm # why\n"),
                         {("xen", "amd64"): ("4.17", "ab", "bookworm")})

    def test_short_line(self):
        with self.assertRaisesRegex(apt.AptError, "rig/pins:2"):
            apt.load_pins("\nxen 4.17\n")

    def test_twice(self):
        with self.assertRaisesRegex(apt.AptError, "pinned twice"):
            apt.load_pins("a 1 amd64 ab s\na 2 amd64 cd s\n")

    def test_own_pins_parse(self):
        self.assertTrue(all(len(pin[1]) == 64 for pin in apt.pins().values()))


class Fetch(unittest.TestCase):
    """fetch_deb() with a false archive."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        for patch in (mock.patch.dict("os.environ", {"XS_CACHE": tmp.name}),
                      mock.patch.object(apt, "_setup", lambda arch: Path("conf")),
                      mock.patch.object(apt, "say", self.said)):
            patch.start()
            self.addCleanup(patch.stop)
        self.debs = Path(tmp.name) / "debs"
        self.debs.mkdir()
        self.text = ""

    def said(self, text):
        self.text += text

    def archive(self, files, listing):
        def run(args, _timeout, cwd=None):
            if "download" in args:
                name = args[-1].replace("=", "_") + "_amd64.deb"
                if name in files:
                    (Path(cwd) / name).write_bytes(files[name])
                return mock.Mock(returncode=0 if name in files else 100, stdout="", stderr="")
            return mock.Mock(returncode=0, stdout=listing, stderr="")
        return mock.patch.object(apt, "_run", run)

    def test_cached_needs_no_network(self):
        (self.debs / "a_1_amd64.deb").write_bytes(b"x")
        digest = apt.sha256_of(self.debs / "a_1_amd64.deb")
        with self.archive({}, ""):
            self.assertEqual(apt.fetch_deb("a", "1", "s", "amd64", digest),
                             self.debs / "a_1_amd64.deb")

    def test_damaged_cache_is_fetched_again(self):
        (self.debs / "a_1_amd64.deb").write_bytes(b"broken")
        digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        with self.archive({"a_1_amd64.deb": b"x"}, ""):
            path = apt.fetch_deb("a", "1", "s", "amd64", digest)
        self.assertEqual(path.read_bytes(), b"x")

    def test_wrong_sha_is_an_error(self):
        with self.archive({"a_1_amd64.deb": b"evil"}, ""), \
             self.assertRaisesRegex(apt.AptError, "pinned sha256"):
            apt.fetch_deb("a", "1", "s", "amd64", "0" * 64)

    def test_fallback_says_so(self):
        listing = " a | 2 | http://m s/main amd64 Packages\n"
        with self.archive({"a_2_amd64.deb": b"y"}, listing):
            path = apt.fetch_deb("a", "1", "s", "amd64", "0" * 64)
        self.assertEqual(path.name, "a_2_amd64.deb")
        self.assertIn("a 1 (amd64) is gone from the archive, using 2", self.text)

    def test_exact_names_the_offers(self):
        listing = " a | 2 | http://m s/main amd64 Packages\n"
        with self.archive({}, listing), \
             self.assertRaisesRegex(apt.AptError, r"offers: 2 \(s\)"):
            apt.fetch_deb("a", "1", "s", "amd64", exact=True)


if __name__ == "__main__":
    unittest.main()
