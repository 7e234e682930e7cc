"""common/kept.py: made once, whole or not at all; and the table of architectures."""
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from rig.common import arches, kept


class Made(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        cache = mock.patch.dict(os.environ, XS_CACHE=tmp.name)
        cache.start()
        self.addCleanup(cache.stop)
        self.top = Path(tmp.name) / "kind"
        self.top.mkdir()
        self.calls = []

    def write(self, part):
        self.calls.append(part)
        time.sleep(0.05)      # so that others come meanwhile
        part.write_text("x")

    def test_once(self):
        for _ in range(2):
            self.assertEqual(kept.made(self.top / "a", self.write).read_text(), "x")
        self.assertEqual(len(self.calls), 1)

    def test_at_once(self):
        started = threading.Barrier(4)

        def one():
            started.wait()
            kept.made(self.top / "a", self.write)
        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.calls), 1)

    def test_whole_or_not_at_all(self):
        def half(part):
            part.mkdir()
            (part / "one").write_text("x")
            raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt):
            kept.made(self.top / "a", half)
        self.assertEqual(list(self.top.iterdir()), [])

    def test_what_a_killed_one_left(self):
        (self.top / "a.part").mkdir()
        (self.top / "a.part/old").write_text("x")

        def make(part):
            part.mkdir()
            (part / "new").write_text("x")
        self.assertEqual([path.name for path in kept.made(self.top / "a", make).iterdir()], ["new"])

    def test_worth_keeping(self):
        for value, asked in ((0, 1), (7, 2), (8, 2)):
            def produce(value=value):
                self.calls.append(value)
                return value
            self.assertEqual(kept.recalled(self.top / "v.json", produce), min(value, 7))
            self.assertEqual(len(self.calls), asked)


class Key(unittest.TestCase):
    def test_parts(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"text")
            file.flush()
            self.assertEqual(kept.key("a", Path(file.name)), kept.key(b"a", "text"))
        self.assertNotEqual(kept.key("a", "b"), kept.key("ab"))
        self.assertEqual(len(kept.key("a", digits=24)), 24)

    def test_what_is_in_caches_is_found_again(self):
        self.assertEqual(kept.key("a", "b"), "59b271ae1bbcb1d3")


class Table(unittest.TestCase):
    def test_each_platform_has_an_architecture(self):
        self.assertLessEqual(set(arches.PLATFORMS.values()), set(arches.ARCHES))

    def test_compilers(self):
        self.assertEqual([arch.cross for arch in arches.ARCHES.values()],
                         ["", "aarch64-linux-gnu-", "arm-linux-gnueabihf-"])


if __name__ == "__main__":
    unittest.main()
