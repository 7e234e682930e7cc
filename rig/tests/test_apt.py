"""The pure parts of fetch/apt.py."""
import unittest

from rig.common import paths
from rig.fetch import apt

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
"""

SHOW = """\
Package: a
Version: 1:2-3
Filename: pool/a/a_2-3_amd64.deb
SHA256: ab

"""
SHOWSRC = """\
Package: a
Version: 2-3
Files:
 11 9 a_2-3.dsc
 22 9 a_2.orig.tar.xz
Checksums-Sha256:
 d5 9 a_2-3.dsc
 0f 9 a_2.orig.tar.xz
Directory: pool/a
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


def pin(version, suite, name="a", arch="amd64"):
    return apt.Pin(name, version, arch, "0" * 64, suite)


class Alternatives(unittest.TestCase):
    """What may stand in for a pin, and in which order."""

    def setUp(self):
        self.offers = [row[1:] for row in apt.parse_madison(MADISON)]

    def versions(self, wanted, offers):
        return [version for version, _ in apt.alternatives(wanted, offers)]

    def test_madison(self):
        self.assertEqual(self.offers, [("1:7.2+dfsg-7+deb12u19", "bookworm"),
                                       ("1:7.2+dfsg-7+deb12u18", "bookworm-security"),
                                       ("1:10.0.8+ds-0", "trixie")])

    def test_same_suite_first_and_no_other_series(self):
        self.assertEqual(self.versions(pin("1:7.2+dfsg-7+deb12u17", "bookworm"), self.offers),
                         ["1:7.2+dfsg-7+deb12u19", "1:7.2+dfsg-7+deb12u18"])

    def test_other_series_is_none(self):
        self.assertEqual(self.versions(pin("1:7.2+dfsg-7", "bookworm"), self.offers[2:]), [])

    def test_same_series_of_another_release(self):
        self.assertEqual(self.versions(pin("4.20.1-1", "bookworm-backports"),
                                       [("4.20.4-1", "trixie"), ("4.17.5-1", "bookworm")]),
                         ["4.20.4-1"])

    def test_release_keeps_its_series(self):
        self.assertEqual(self.versions(pin("252.39-1~deb12u1", "bookworm"),
                                       [("257.9-1", "trixie"), ("252.41-1", "bookworm-security"),
                                        ("256.1-1", "bookworm-backports")]), ["252.41-1"])

    def test_nearest_number_newer_first(self):
        suite = "trixie-backports"
        offers = [(version, suite) for version in (
            "7.4.1-1", "7.3.9-1", "7.3.5-1~bpo13+1", "7.3.3-1", "7.3.4-2", "7.3.4-1~bpo13+1",
            "7.30.4-1")]
        found = self.versions(pin("7.3.4-1~bpo13+1", suite), offers)
        self.assertEqual(found[:4], ["7.3.4-2", "7.3.5-1~bpo13+1", "7.3.3-1", "7.3.9-1"])


class Hashes(unittest.TestCase):
    def test_both_kinds(self):
        self.assertEqual(apt.parse_files(SHOW), {("1:2-3", "pool/a/a_2-3_amd64.deb"): "ab"})
        self.assertEqual(apt.parse_files(SHOWSRC), {
            ("2-3", "pool/a/a_2-3.dsc"): "d5", ("2-3", "pool/a/a_2.orig.tar.xz"): "0f"})


class Pins(unittest.TestCase):
    def test_good(self):
        self.assertEqual(apt.load_pins("# c\nxen 4.17 amd64 ab bookworm # why\n"),
                         {("xen", "amd64"): apt.Pin("xen", "4.17", "amd64", "ab", "bookworm")})

    def test_short_line(self):
        with self.assertRaisesRegex(apt.AptError, "rig/pins:2"):
            apt.load_pins("\nxen 4.17\n")

    def test_twice(self):
        with self.assertRaisesRegex(apt.AptError, "pinned twice"):
            apt.load_pins("a 1 amd64 ab s\na 2 amd64 cd s\n")

    def test_own_pins_parse(self):
        for path in sorted(paths.RIG.glob("pins*")):
            with self.subTest(path.name):
                self.assertTrue(all(len(one.sha256) == 64
                                    for one in apt.pins(path.name).values()))


if __name__ == "__main__":
    unittest.main()
