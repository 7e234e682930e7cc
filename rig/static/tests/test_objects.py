"""elf.py, jumptable.py, traps.py, names.py on an object made here."""
import struct
import unittest

from rig.static.objects import elf, jumptable, names, traps


def relocatable(contents, symbols, relocs):
    """A 64-bit object. contents: {section: bytes}; symbols: (name, section or
    None, value, size, type); relocs: {section: [(offset, symbol, addend)]}."""
    sections = [("", 0, b"", 0, 0, 0)]
    for name, data in contents.items():
        sections.append((name, 1, data, 0, 0, 0))
    index = {s[0]: i for i, s in enumerate(sections)}
    strings, table = b"\0", struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    order = {}
    for number, (name, home, value, size, kind) in enumerate(symbols, 1):
        order[name] = number
        table += struct.pack("<IBBHQQ", len(strings), kind, 0,
                             index[home] if home else 0, value, size)
        strings += name.encode() + b"\0"
    symtab = len(sections)
    sections.append((".symtab", 2, table, symtab + 1, 1, 24))
    sections.append((".strtab", 3, strings, 0, 0, 0))
    for name, found in relocs.items():
        data = b"".join(struct.pack("<QQq", o, order[s] << 32 | 2, a)
                        for o, s, a in found)
        sections.append((".rela" + name, 4, data, symtab, index[name], 24))
    named = b"\0" + b"\0".join(s[0].encode() for s in sections[1:]) \
        + b"\0.shstrtab\0"
    sections.append((".shstrtab", 3, named, 0, 0, 0))
    body, headers = b"", b""
    for name, kind, data, link, info, size in sections:
        where = named.index(b"\0" + name.encode() + b"\0") + 1 if name else 0
        headers += struct.pack("<IIQQQQIIQQ", where, kind, 0, 0,
                               64 + len(body), len(data), link, info, 1, size)
        body += data
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64,
        len(sections), len(sections) - 1)
    return elf.Object(head + body + headers)


OBJECT = relocatable(
    {".text": bytes(64), "__jump_table": bytes(32), "__bug_table":
     struct.pack("<IIHH", 0, 0, 7, 1) + struct.pack("<IIHH", 0, 0, 9, 0),
     ".bss_like": bytes(32), ".rodata.str1.1": b"abc\0hello\0"},
    [(".text", ".text", 0, 0, 3), ("far_key", None, 0, 0, 0),
     ("near_key", ".bss_like", 16, 16, 1), ("__tail", ".bss_like", 8, 8, 1),
     (".bss_like", ".bss_like", 0, 0, 3),
     (".rodata.str1.1", ".rodata.str1.1", 0, 0, 3)],
    {"__jump_table": [(0, ".text", 4), (4, ".text", 0x30), (8, "far_key", 2),
                      (16, ".text", 8), (20, ".text", 0x38),
                      (24, ".bss_like", 17)],
     "__bug_table": [(0, ".text", 0x10), (4, ".rodata.str1.1", 0),
                     (12, ".text", 0x14), (16, ".rodata.str1.1", 0)]})


class Tables(unittest.TestCase):

    def test_sites(self):
        one, two = jumptable.sites(OBJECT)
        self.assertEqual((one.code, one.target, one.key), (4, 0x30, "far_key"))
        self.assertEqual((two.code, two.target, two.key),
                         (8, 0x38, "near_key"))

    def test_only_warnings_return(self):
        self.assertEqual(traps.warnings(OBJECT), {(".text", 0x10)})

    def test_not_an_object(self):
        with self.assertRaises(elf.ElfError):
            elf.Object(b"#!/bin/sh\n" + bytes(64))

    def test_names(self):
        known = names.Names(OBJECT)
        self.assertEqual(known.name("R_X86_64_32S", ".bss_like+0x12"),
                         "near_key+0x2")
        self.assertEqual(known.name("R_X86_64_PC32", ".rodata.str1.1+0x0"),
                         ".rodata b'hello'")
        self.assertEqual(known.name("R_X86_64_PLT32", "g.isra.3-0x4"),
                         "g.isra.N")


if __name__ == "__main__":
    unittest.main()
