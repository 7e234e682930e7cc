"""check.py: what it says of the tree."""
import tempfile
import unittest
from pathlib import Path

from rig import check
from rig.common.git import Git


class Edits(unittest.TestCase):
    def test_edits_are_told(self):
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            git = Git(place / ".git", place)
            git.run("init", "--quiet", name)
            (place / "a.c").write_text("int a;\n", "utf-8")
            git.run("add", "-A")
            git.run("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "a")
            git.run("tag", "patched")
            self.assertTrue(check.edits(place).passed)
            (place / "a.c").write_text("int b;\n", "utf-8")
            told = check.edits(place)
            self.assertFalse(told.passed)
            self.assertIn("has edits", told.notes[0])


if __name__ == "__main__":
    unittest.main()
