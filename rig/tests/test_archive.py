"""fetch/apt.py with the real apt, on an archive of our own: what is taken, what is said."""
import multiprocessing
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from rig.common import tell
from rig.fetch import apt
from rig.tests.archive import Archive


def forget():
    """What a new process does not know."""
    apt._unread.clear()
    apt._lists.clear()
    for function in (apt._fetch, tell.say_once):
        function.forget()


class Lab(unittest.TestCase):
    """An archive, an empty cache, and the words that were said."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.cache = Path(tmp.name) / "cache"
        self.archive = Archive(Path(tmp.name) / "archive")
        self.words = []
        plain = apt.apt_conf
        for patch in (mock.patch.dict(os.environ, XS_CACHE=str(self.cache)),
                      mock.patch.object(apt, "SUITES", ("bookworm", "trixie")),
                      mock.patch.object(apt, "host_uris",
                                        lambda: (f"file:{self.archive.top}", None)),
                      # A host may have switched it off.
                      mock.patch.object(apt, "apt_conf", lambda top, arch: plain(top, arch)
                                        + 'Acquire::Check-Date "true";\n'
                                        'Acquire::Check-Valid-Until "true";\n'),
                      mock.patch.object(apt, "KEYRING", str(self.archive.keyring())),
                      mock.patch.object(tell, "write", self.words.append)):
            patch.start()
            self.addCleanup(patch.stop)
        forget()
        self.addCleanup(forget)

    @property
    def said(self):
        return "\n".join(self.words)

    def nothing_half_fetched(self):
        debs = [path.name for path in self.cache.glob("debs/*")]
        self.assertTrue(all(name.endswith((".deb", ".tar.xz")) for name in debs), debs)
        self.assertEqual(list(self.cache.glob("apt/*/fetch")), [])

    def tearDown(self):
        self.nothing_half_fetched()


class OfKind:
    """The same rule for each kind: make(), arch and want() tell them apart."""

    def make(self, suite, version, content="x"):
        raise NotImplementedError

    def pin(self, version="4.20.3-1", suite="trixie", sha256="0" * 64):
        return apt.Pin("thing", version, self.arch, sha256, suite)

    def got(self, path, version):
        start = apt.file_name("thing", version, self.deb_arch)
        self.assertTrue(path.name.startswith(start), path)
        self.assertEqual(path.parent, self.cache / "debs")

    def test_pinned(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.make("trixie", "4.20.4-1")
        self.archive.publish()
        self.got(apt.first(self.pin(sha256=sha256)), "4.20.3-1")
        self.assertNotIn("using", self.said)

    def test_cached_asks_nobody(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        apt.first(self.pin(sha256=sha256))
        forget()
        with mock.patch.object(apt, "_run", side_effect=AssertionError):
            self.got(apt.first(self.pin(sha256=sha256)), "4.20.3-1")

    def test_damaged_in_the_cache_is_fetched_again(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        path = apt.first(self.pin(sha256=sha256))
        path.write_bytes(b"broken")
        forget()
        self.assertEqual(apt.sha256_of(apt.first(self.pin(sha256=sha256))), sha256)

    def test_not_listed(self):
        self.make("trixie", "4.20.4-1")
        self.make("trixie", "4.20.9-1")
        self.make("bookworm", "4.17.5-1")
        self.archive.publish()
        self.got(apt.first(self.pin()), "4.20.4-1")
        self.assertRegex(self.said, r"thing \(\w+\): using 4.20.4-1 of trixie instead of 4.20.3-1 "
                                    r"\(pinned\): .*4.20.3-1")
        self.assertEqual(self.said.count("using"), 1)
        apt.first(self.pin())
        self.assertEqual(self.said.count("using"), 1)

    def test_listed_and_gone(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.make("trixie", "4.20.4-1")
        self.make("trixie", "4.20.5-1")
        self.archive.publish()
        for version in ("4.20.3-1", "4.20.4-1"):
            for path in self.archive.files("trixie", "thing", version, self.deb_arch):
                path.unlink()
        self.got(apt.first(self.pin(sha256=sha256)), "4.20.5-1")
        self.assertRegex(self.said, "using 4.20.5-1 of trixie instead of 4.20.3-1 .pinned.: .*"
                                    "4.20.4-1 .trixie.: ")

    def test_all_of_the_series_gone(self):
        self.make("trixie", "4.20.4-1")
        self.make("bookworm", "4.17.5-1")
        self.archive.publish()
        for path in self.archive.files("trixie", "thing", "4.20.4-1", self.deb_arch):
            path.unlink()
        with self.assertRaisesRegex(apt.AptError, r"thing \(\w+\): no version of this series can "
                                    r"be had. Tried: 4.20.3-1 \(pinned\): .*; "
                                    r"4.20.4-1 \(trixie\): ") as caught:
            apt.first(self.pin())
        self.assertNotIn("4.17.5", str(caught.exception))

    def test_hash_is_not_the_pinned_one(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.make("trixie", "4.20.4-1")
        self.archive.publish()
        with self.assertRaisesRegex(apt.HashError, f"the sha256 {'0' * 64} but {sha256}"):
            apt.first(self.pin())

    def test_hash_is_not_the_listed_one(self):
        self.make("trixie", "4.20.4-1")
        self.make("trixie", "4.20.5-1")
        self.archive.publish()
        for path in self.archive.files("trixie", "thing", "4.20.4-1", self.deb_arch):
            path.write_bytes(path.read_bytes()[:-1] + b"#")
        self.got(apt.first(self.pin()), "4.20.5-1")
        self.assertRegex(self.said, "4.20.4-1 .trixie.: .*([Hh]ash|size)")

    def test_expired(self):
        self.make("trixie", "4.20.3-1")
        self.make("bookworm", "4.20.1-1")
        self.archive.publish(("trixie",), valid_until=time.time() - 86400)
        self.archive.publish(("bookworm",))
        self.got(apt.first(self.pin()), "4.20.1-1")
        self.assertRegex(self.said, "some lists for .* could not be read: .*expired")

    def test_expired_and_nothing_else(self):
        self.make("trixie", "4.20.3-1")
        self.archive.publish(valid_until=time.time() - 86400)
        with self.assertRaisesRegex(apt.AptError, "lists that could not be read: .*expired"):
            apt.first(self.pin())

    def test_not_signed(self):
        self.make("trixie", "4.20.3-1")
        self.archive.publish(signed=False)
        with self.assertRaisesRegex(apt.AptError, "could not be read: .*not signed"):
            apt.first(self.pin())

    def test_no_network(self):
        with mock.patch.object(apt, "host_uris", lambda: ("http://127.0.0.1:9/", None)), \
             mock.patch.object(apt, "RETRIES", 0), \
             self.assertRaisesRegex(apt.AptError, "could not be read: .*(connect|refused)"):
            apt.first(self.pin())

    def test_killed_while_it_fetched(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        left = self.cache / "apt" / apt._tree_arch(self.arch) / "fetch"
        left.mkdir(parents=True)
        (left / "half.deb").write_bytes(b"x")
        self.got(apt.first(self.pin(sha256=sha256)), "4.20.3-1")

    def test_two_at_once_fetch_it_once(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        threads = [threading.Thread(target=apt.first, args=(self.pin(sha256=sha256),))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.said.count("fetching"), 1)

    def test_two_processes_at_once_fetch_it_once(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        context = multiprocessing.get_context("fork")
        queue = context.Queue()

        def fetch():
            tell.write = queue.put
            apt.first(self.pin(sha256=sha256))
            queue.put(None)
        processes = [context.Process(target=fetch) for _ in range(3)]
        for process in processes:
            process.start()
        words, ended = [], 0
        while ended < len(processes):
            word = queue.get(timeout=60)
            ended += word is None
            words.append(word or "")
        for process in processes:
            process.join(60)
        self.assertEqual(sum("fetching" in word for word in words), 1, words)


class Binary(OfKind, Lab):
    arch = deb_arch = "amd64"

    def make(self, suite, version, content="x"):
        return self.archive.deb(suite, "thing", version, content=content)


class ForAll(OfKind, Lab):
    """A package for all architectures, as kernel sources are."""

    arch = deb_arch = "all"

    def make(self, suite, version, content="x"):
        return self.archive.deb(suite, "thing", version, "all", content)


class Source(OfKind, Lab):
    arch = deb_arch = apt.SOURCE

    def make(self, suite, version, content="x"):
        return self.archive.source(suite, "thing", version, content.encode())

    def test_description_is_gone_and_tarball_there(self):
        sha256 = self.make("trixie", "4.20.3-1")
        self.archive.publish()
        next(path for path in self.archive.files("trixie", "thing", "4.20.3-1", self.arch)
             if path.suffix == ".dsc").unlink()
        self.got(apt.first(self.pin(sha256=sha256)), "4.20.3-1")


class Names(Lab):
    """Where the file's name is not made of what the pin says."""

    def test_for_all_asked_for_by_one(self):
        self.archive.deb("trixie", "thing", "1.2-1", "all")
        self.archive.publish()
        pin = apt.Pin("thing", "1.1-1", "arm64", "0" * 64, "trixie")
        self.assertEqual(apt.first(pin).name, "thing_1.2-1_all.deb")
        forget()
        self.words.clear()
        self.assertEqual(apt.first(pin).name, "thing_1.2-1_all.deb")
        self.assertNotIn("fetching thing 1.2-1", self.said)

    def test_epoch(self):
        self.archive.deb("trixie", "thing", "1:2.3-1")
        self.archive.publish()
        pin = apt.Pin("thing", "1:2.2-1", "amd64", "0" * 64, "trixie")
        self.assertEqual(apt.first(pin).name, "thing_1%3a2.3-1_amd64.deb")
        forget()
        self.words.clear()
        self.assertEqual(apt.first(pin).name, "thing_1%3a2.3-1_amd64.deb")
        self.assertNotIn("fetching thing 1:2.3-1", self.said)


if __name__ == "__main__":
    unittest.main()
