"""rig/fdt.py on a tree made here."""
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import fdt  # noqa: E402


def tree():
    def prop(name_offset, value):
        return (struct.pack(">III", 3, len(value), name_offset) + value
                + b"\0" * (-len(value) % 4))

    strings = b"dma-coherent\0reg\0"
    structure = (struct.pack(">I", 1) + b"\0\0\0\0"
                 + struct.pack(">I", 1) + b"pcie\0\0\0\0" + prop(13, b"12345") + prop(0, b"")
                 + struct.pack(">I", 2) + prop(0, b"")
                 + struct.pack(">II", 2, 9))
    head = struct.pack(">10I", fdt.MAGIC, 40 + len(structure) + len(strings), 40,
                       40 + len(structure), 40, 17, 16, 0, len(strings), len(structure))
    return head + structure + strings


class Remove(unittest.TestCase):
    def test_only_the_named(self):
        out, removed = fdt.without_property(tree(), "dma-coherent")
        self.assertEqual(removed, 2)
        self.assertEqual(len(out), len(tree()))
        self.assertIn(b"12345", out)
        self.assertEqual(fdt.without_property(out, "dma-coherent")[1], 0)
        self.assertEqual(fdt.without_property(out, "reg")[1], 1)

    def test_space_at_the_end_goes(self):
        blob = bytearray(tree() + b"\0" * 4096)
        struct.pack_into(">I", blob, 4, len(blob))
        out, _ = fdt.without_property(bytes(blob), "reg")
        self.assertEqual(len(out), len(tree()))
        self.assertEqual(struct.unpack_from(">I", out, 4)[0], len(out))

    def test_garbage(self):
        with self.assertRaises(ValueError):
            fdt.without_property(b"x" * 64, "reg")


if __name__ == "__main__":
    unittest.main()
