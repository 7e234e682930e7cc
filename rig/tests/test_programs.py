"""The guest's programs: they are static, kept by what goes in, and errors name the file."""
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig.common.error import RigError
from rig.kernels import programs


class Build(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for patcher in (mock.patch.object(programs, "SOURCES", self.place),
                        mock.patch.dict(os.environ, XS_CACHE=place.name)):
            patcher.start()
            self.addCleanup(patcher.stop)

    def write(self, text):
        (self.place / "own.c").write_text(text, encoding="utf-8")

    def test_static_and_kept(self):
        self.write("int main(void) { return 0; }\n")
        self.assertEqual(programs.names(), ["own"])
        first = programs.build("own", "x86_64")
        self.assertNotIn(b"ld-linux", first.read_bytes()[:4096])
        self.assertEqual(first, programs.build("own", "x86_64"))
        self.write("int main(void) { return 1; }\n")
        self.assertNotEqual(first, programs.build("own", "x86_64"))

    def test_error(self):
        self.write("int main(void) { return }\n")
        with self.assertRaisesRegex(RigError, "own.c"):
            programs.build("own", "x86_64")


if __name__ == "__main__":
    unittest.main()
