"""Stable names for what an instruction's relocation refers to."""
import bisect
import re

from rig.static.objects import elf

_TEXT = re.compile(r"(.+?)(?:([+-])0x([0-9a-f]+))?$")


class Names:
    """Turns `section+offset` into the symbol or the string that is there, so
    that two builds in which data lies elsewhere compare equal."""

    def __init__(self, obj):
        self.obj, self.by_section, self.address = obj, {}, {}
        for sym in obj.symbols:
            if not sym.section:
                continue
            self.address.setdefault(sym.name, (sym.section, sym.value))
            if sym.type == elf.STT_SECTION or not sym.name \
                    or sym.name.startswith("$") or sym.name.startswith(".L"):
                continue
            self.by_section.setdefault(sym.section, []).append(
                (sym.value, sym.size, sym.name))
        for found in self.by_section.values():
            found.sort()

    def name(self, kind, text):
        """`kind` is the relocation's type, `text` its symbol and addend."""
        symbol, sign, digits = _TEXT.match(text).groups()
        off = int(digits or "0", 16) * (-1 if sign == "-" else 1)
        if kind in ("R_X86_64_PC32", "R_X86_64_PLT32"):
            off += 4
        if symbol in self.address and (symbol.startswith(".L")
                                       or self.obj.section(symbol)):
            section, base = self.address[symbol]
            return self._inside(section, base + off)
        return _plain(symbol) + ("%+#x" % off if off else "")

    def _inside(self, section, off):
        if ".str" in section:
            data = self.obj.section(section).data
            end = data.find(b"\0", off)
            return "%s %r" % (section.split(".str")[0], data[off:end])
        if section == "__bug_table":
            return section
        found = self.by_section.get(section, [])
        at = bisect.bisect_right(found, (off, 1 << 63, "")) - 1
        if at >= 0 and off <= found[at][0] + found[at][1]:
            delta = off - found[at][0]
            return _plain(found[at][2]) + ("%+#x" % delta if delta else "")
        return section


def _plain(name):
    """A name without the numbers the compiler adds to make it unique."""
    return re.sub(r"\.(\d+)(?=$|\.)", ".N", name)
