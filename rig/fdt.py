"""Change a flattened device tree: take properties out of it."""
import struct

MAGIC = 0xD00DFEED
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9


def _packed(blob):
    """BLOB without the empty space at its end, which QEMU makes a megabyte of."""
    structure, strings = struct.unpack_from(">II", blob, 8)
    strings_size, structure_size = struct.unpack_from(">II", blob, 32)
    out = blob[:max(structure + structure_size, strings + strings_size)]
    struct.pack_into(">I", out, 4, len(out))
    return bytes(out)


def without_property(blob, name):
    """(tree, how many): BLOB, packed, with each property NAME overwritten by no-ops.

    Raises ValueError if BLOB is no device tree.
    """
    if len(blob) < 40 or struct.unpack_from(">I", blob)[0] != MAGIC:
        raise ValueError("not a flattened device tree")
    structure, strings = struct.unpack_from(">II", blob, 8)
    out = bytearray(blob)
    offset, removed = structure, 0
    while True:
        token = struct.unpack_from(">I", blob, offset)[0]
        start = offset
        offset += 4
        if token == BEGIN_NODE:
            offset = blob.index(b"\0", offset) + 1
        elif token == PROP:
            length, name_offset = struct.unpack_from(">II", blob, offset)
            offset += 8 + length
            where = strings + name_offset
            if blob[where:blob.index(b"\0", where)] == name.encode():
                removed += 1
                end = offset + -offset % 4
                out[start:end] = struct.pack(">I", NOP) * ((end - start) // 4)
        elif token == END:
            return _packed(out), removed
        elif token not in (END_NODE, NOP):
            raise ValueError(f"unknown token {token} in the device tree")
        offset += -offset % 4
