"""common/progress.py and common/tell.py: what the line says, and where it is written."""
import contextlib
import io
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from rig.common import progress, tell


class Words(unittest.TestCase):
    def test_what_is_left(self):
        for arguments, text in ((("boots", 0, 87, "", 30), "boots: 0 of 87"),
                                (("boots", 1, 3, "", 2), "boots: 1 of 3"),
                                (("boots", 1, 3, "", 30), "boots: 1 of 3, 60 s left"),
                                (("k", 50, 250, "objects", 60),
                                 "k: 50 of 250 objects, 4 min left"),
                                (("k", 300, 250, "objects", 60),
                                 "k: 300 of 250 objects, 0 s left"),
                                (("k", 500, 0, "objects", 60), "k: 500 objects, 60 s"),
                                (("lists", 0, 0, "", 7), "lists: 7 s")):
            self.assertEqual(progress.words(*arguments), text)

    def test_times(self):
        self.assertEqual([progress.span(seconds) for seconds in (4, 89, 91, 5000, 5400)],
                         ["4 s", "89 s", "2 min", "83 min", "1 h 30 min"])

    def test_no_longer_than_the_terminal(self):
        self.assertEqual(progress.line(["one", "two"], 20), "one | two")
        self.assertEqual(len(progress.line(["one" * 9, "two"], 20)), 19)


class Shown(unittest.TestCase):
    """What reaches stderr, which may be a terminal."""

    def run_on(self, terminal):
        """The bytes of something with two steps, and words between them."""
        out = io.StringIO()
        with contextlib.redirect_stderr(out), \
                mock.patch.object(progress, "on_terminal", lambda: terminal), \
                mock.patch.object(progress, "_drawing", True):
            with progress.Progress("outer", 2) as outer:
                progress.draw()
                with progress.Progress("inner", 5, "things") as inner:
                    self.assertEqual(list(inner.over("ab")), ["a", "b"])
                    progress.draw()
                    tell.say("words")
                outer.step()
                progress.draw()
        return out.getvalue()

    def test_terminal(self):
        erase = tell.ERASE
        self.assertEqual(self.run_on(True), "".join((
            erase, "outer: 0 of 2", erase, "outer: 0 of 2 | inner: 2 of 5 things",
            erase, "words\n", erase, "outer: 0 of 2 | inner: 2 of 5 things",
            erase, "outer: 0 of 2", erase, "outer: 1 of 2", erase)))

    def test_elsewhere_there_are_words_only(self):
        self.assertEqual(self.run_on(False), "words\n")

    def test_what_fails_leaves_no_line(self):
        with self.assertRaises(ZeroDivisionError), progress.Progress("x"):
            raise ZeroDivisionError
        self.assertEqual(progress._under_way, [])

    def test_it_moves_by_itself(self):
        out = io.StringIO()
        with contextlib.redirect_stderr(out), mock.patch.object(progress, "EVERY", 0.01), \
                mock.patch.object(progress, "on_terminal", lambda: True), \
                progress.Progress("lists") as one:
            one.start -= 60
            end = time.monotonic() + 20
            while "lists: 60 s" not in out.getvalue() and time.monotonic() < end:
                time.sleep(0.01)
        while progress._drawing and time.monotonic() < end:
            time.sleep(0.01)
        self.assertIn("lists: 60 s", out.getvalue())
        self.assertFalse(progress._drawing)


class Objects(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.out = Path(tmp.name) / "out"
        cache = mock.patch.dict(os.environ, XS_CACHE=f"{tmp.name}/cache")
        cache.start()
        self.addCleanup(cache.stop)

    def build(self, *names, fail=False):
        """What is told at the end of a build that makes NAMES."""
        with contextlib.suppress(ZeroDivisionError), \
                progress.Objects("x", self.out, "kind") as one:
            for name in names:
                (self.out / name).parent.mkdir(parents=True, exist_ok=True)
                (self.out / name).write_text("x")
            text = one.text()
            if fail:
                raise ZeroDivisionError
        return text

    def test_the_next_build_knows_how_many(self):
        self.assertEqual(self.build("a.o", "b/c.o", "b/d.c"), "x: 2 objects, 0 s")
        for path in self.out.rglob("*.o"):
            path.unlink()
        self.assertEqual(self.build("a.o"), "x: 1 of 2 objects")

    def test_a_part_of_a_build_tells_nothing_of_a_whole_one(self):
        self.build("a.o", "c.o", fail=True)
        for path in self.out.rglob("*.o"):
            os.utime(path, (1, 1))
        self.assertEqual(self.build("b.o"), "x: 1 objects, 0 s")
        for path in self.out.rglob("*.o"):
            path.unlink()
        self.assertEqual(self.build("a.o"), "x: 1 objects, 0 s")


if __name__ == "__main__":
    unittest.main()
