"""machine/disks.py and verdict/written.py: the host believes no note, it looks at the image."""
import hashlib
import tempfile
import unittest
from pathlib import Path

from rig.machine import devices, disks
from rig.verdict import written


class Verify(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.images, self.sums = disks.make_disks(Path(tmp.name), ("nvme", "e1000e"))
        self.data = b"written" * 100
        with open(self.images["nvme"], "r+b") as handle:
            handle.seek(disks.FILL)
            handle.write(self.data)

    def note(self, **changed):
        words = {"disk": "nvme", "offset": disks.FILL, "length": len(self.data),
                 "sha256": hashlib.sha256(self.data).hexdigest(), **changed}
        return "host-verify " + " ".join(f"{key}={value}" for key, value in words.items())

    def test_only_disks_get_images(self):
        self.assertEqual(list(self.images), ["nvme"])
        head = self.images["nvme"].read_bytes()[:disks.FILL]
        self.assertEqual(hashlib.sha256(head).hexdigest(), self.sums["nvme"])

    def test_regions_do_not_meet(self):
        self.assertEqual(disks.region(0), disks.FILL)
        self.assertEqual(disks.region(1) - disks.region(0), disks.REGION)
        with self.assertRaises(ValueError):
            disks.region(devices.DISK_SIZE // disks.REGION)

    def test_true_note(self):
        self.assertTrue(written.verify(self.note(), self.images).passed)

    def test_false_notes(self):
        for changed in ({"sha256": "0" * 64}, {"offset": disks.FILL + 512}, {"disk": "ahci"},
                        {"length": 0}, {"offset": 0}, {"offset": "x"}, {"sha256": ""},
                        {"offset": 1 << 40}):
            with self.subTest(changed):
                self.assertFalse(written.verify(self.note(**changed), self.images).passed)


if __name__ == "__main__":
    unittest.main()
