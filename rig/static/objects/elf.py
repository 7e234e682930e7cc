"""The little of ELF that the static checks read: sections, symbols and
relocations of a relocatable object, 32 or 64 bit, little endian."""

import struct
from collections import namedtuple

Symbol = namedtuple("Symbol", "name section value size type")
Reloc = namedtuple("Reloc", "offset symbol section addend")

SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_REL = 2, 4, 8, 9
STT_FUNC, STT_SECTION = 2, 3


class ElfError(ValueError):
    """The file is not an object that this reader understands."""


class Section:
    """One section: its name and its bytes (empty for .bss)."""

    def __init__(self, name, kind, data, link, info, entsize):
        self.name, self.kind, self.data = name, kind, data
        self.link, self.info, self.entsize = link, info, entsize


class Object:
    """A relocatable object; `sections` and `symbols` as they stand in it."""

    def __init__(self, blob):
        if blob[:4] != b"\x7fELF" or blob[5] != 1:
            raise ElfError("not a little-endian ELF object")
        self.wide = blob[4] == 2
        if self.wide:
            shoff, = struct.unpack_from("<Q", blob, 0x28)
            entsize, count, names = struct.unpack_from("<HHH", blob, 0x3a)
            layout, fields = "<IIQQQQIIQQ", 10
        else:
            shoff, = struct.unpack_from("<I", blob, 0x20)
            entsize, count, names = struct.unpack_from("<HHH", blob, 0x2e)
            layout, fields = "<IIIIIIIIII", 10
        if entsize != struct.calcsize(layout):
            raise ElfError("unexpected section header size %d" % entsize)
        headers = [struct.unpack_from(layout, blob, shoff + i * entsize)
                   for i in range(count)]
        assert all(len(h) == fields for h in headers)
        strings = self._bytes(blob, headers[names])
        self.sections = [
            Section(_cstring(strings, h[0]), h[1], self._bytes(blob, h),
                    h[6], h[7], h[9]) for h in headers]
        self.symbols = self._read_symbols()

    @classmethod
    def read(cls, path):
        with open(path, "rb") as stream:
            return cls(stream.read())

    @staticmethod
    def _bytes(blob, header):
        if header[1] == SHT_NOBITS:
            return b""
        return blob[header[4]:header[4] + header[5]]

    def _read_symbols(self):
        found = []
        for section in self.sections:
            if section.kind != SHT_SYMTAB:
                continue
            names = self.sections[section.link].data
            for off in range(0, len(section.data), section.entsize):
                if self.wide:
                    name, info, _, index, value, size = struct.unpack_from(
                        "<IBBHQQ", section.data, off)
                else:
                    name, value, size, info, _, index = struct.unpack_from(
                        "<IIIBBH", section.data, off)
                home = (self.sections[index].name
                        if 0 < index < len(self.sections) else None)
                text = _cstring(names, name)
                if info & 15 == STT_SECTION and home:
                    text = home
                found.append(Symbol(text, home, value, size, info & 15))
        return found

    def section(self, name):
        """The first section of that name, or None."""
        return next((s for s in self.sections if s.name == name), None)

    def relocs(self, name):
        """Relocations that apply to section `name`, in order of offset.

        `section` is where the symbol lives (None: elsewhere) and `addend`
        counts from that section's start if it does, else from the symbol.
        REL addends are taken as 32-bit words, which is right for data."""
        found = []
        for section in self.sections:
            if section.kind not in (SHT_REL, SHT_RELA):
                continue
            target = self.sections[section.info]
            if target.name != name:
                continue
            for off in range(0, len(section.data), section.entsize):
                where, symbol, addend = self._reloc(section, target, off)
                sym = self.symbols[symbol]
                base = sym.value if sym.section else 0
                found.append(Reloc(where, sym.name, sym.section,
                                   addend + base))
        return sorted(found)

    def _reloc(self, section, target, off):
        if self.wide:
            where, info, addend = struct.unpack_from("<QQq", section.data, off)
            return where, info >> 32, addend
        where, info = struct.unpack_from("<II", section.data, off)
        if section.kind == SHT_RELA:
            addend, = struct.unpack_from("<i", section.data, off + 8)
        else:
            addend, = struct.unpack_from("<i", target.data, where)
        return where, info >> 8, addend


def _cstring(table, offset):
    return table[offset:table.index(b"\0", offset)].decode()
