"""Static keys of an object: what __jump_table says of each patched site."""

from collections import namedtuple

#: section and offset of the site, section and offset of where it jumps when
#: it is patched, and the name of the key
Site = namedtuple("Site", "section code target_section target key")

SECTION = "__jump_table"


def sites(obj):
    """The sites in `obj` (an elf.Object), in the table's order.

    An entry is three relocations: code, target, key.  Entries of the 64-bit
    arches are relative to themselves, which the relocation's addend leaves as
    the plain offset; arm's are absolute.  The key's addend carries flags in
    its two low bits, not an address."""
    relocs = obj.relocs(SECTION)
    if len(relocs) % 3:
        raise ValueError("%s: %d relocations, not a multiple of three"
                         % (SECTION, len(relocs)))
    found = []
    for code, target, key in zip(relocs[0::3], relocs[1::3], relocs[2::3]):
        found.append(Site(code.section, code.addend, target.section,
                          target.addend, _key_name(obj, key)))
    return found


def _key_name(obj, reloc):
    """Name of the key; one that is local to the object may be given as its
    section and an offset."""
    if reloc.section is None:
        return reloc.symbol
    at = reloc.addend & ~3
    for sym in obj.symbols:
        if sym.section == reloc.section and sym.value == at and sym.size:
            return sym.name
    return reloc.symbol
