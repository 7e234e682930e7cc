"""Traps after which control goes on: the WARNs of an object's __bug_table."""

import struct

SECTION = "__bug_table"
BUGFLAG_WARNING = 1


def warnings(obj):
    """(section, offset) of each trap that returns.

    An entry starts with the reference to the trap, ends with 16 bits of line
    and 16 of flags, and what stands between differs by architecture."""
    table = obj.section(SECTION)
    if table is None:
        return set()
    relocs = obj.relocs(SECTION)
    first = relocs[0].section if relocs else None
    starts = [r for r in relocs if r.section and
              r.section.startswith((".text", ".init.text", ".exit.text"))
              ] if first else []
    found = set()
    bounds = [r.offset for r in starts] + [len(table.data)]
    for reloc, end in zip(starts, bounds[1:]):
        flags, = struct.unpack_from("<H", table.data, end - 2)
        if flags & BUGFLAG_WARNING:
            found.add((reloc.section, reloc.addend))
    return found
