"""The verbs as a script sees them: last lines, exit statuses, the environment."""
import contextlib
import io
import os
import subprocess
import sys
import unittest
from unittest import mock

from rig.common.error import Refused, RigError
from series import series, store
from series.tests.lab import FIRST, KERNEL, Lab


class Verbs(Lab):
    def verb(self, name, **env):
        """(exit status, stdout) of a verb on the synthetic clone."""
        out = io.StringIO()
        with mock.patch.dict(os.environ, env), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(io.StringIO()):
            status = series.run(name, self.dest, self.root / "build/series", self.root)
        return status, out.getvalue()

    def test_last_lines(self):
        self.series()
        for name, last in (("tree", self.dest), ("refresh", self.root / "series"),
                           ("mails", self.root / "build/series")):
            status, text = self.verb(name, GIT_COMMITTER_NAME="x", GIT_COMMITTER_EMAIL="x@y")
            self.assertEqual((status, text.splitlines()[-1]), (0, str(last)))
        said = self.verb("list")[1]
        self.assertIn("two (on one): 2 patches, +2 -4\n", said)
        self.assertIn("3 patches, +3 -5, on Linux 9.1.4", said)
        self.assertEqual(self.verb("check")[0], 0)
        (self.root / "series" / FIRST).rename(self.root / "series/one/0005-x.patch")
        self.assertEqual(self.verb("check")[0], 1)

    def test_force_and_ksrc_come_from_the_environment(self):
        self.series()
        self.verb("tree")
        self.edit({"mm/same.c": "hack\n"})
        (self.root / "drivers/xen/new.c").write_text("newer\n")
        with self.assertRaises(Refused):
            self.verb("tree")
        self.verb("tree", FORCE="1")
        self.assertEqual((self.dest / "mm/same.c").read_text(), KERNEL["mm/same.c"])
        with self.assertRaisesRegex(RigError, "KSRC=/nowhere"):
            self.verb("tree", KSRC="/nowhere")


class Script(unittest.TestCase):
    def run_script(self, *args, **env):
        """The package run as make does."""
        return subprocess.run([sys.executable, "-m", "series", *args],
                              cwd=store.ROOT, env=dict(os.environ, **env), capture_output=True,
                              text=True, timeout=60, check=False)

    def test_help(self):
        done = self.run_script("--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("refresh", done.stdout)

    def test_error_is_one_message(self):
        done = self.run_script("tree", "--dest", "/proc/none/tree")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("series: "), done.stderr)
        self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
