"""Functions of an object as lists of instructions, read from objdump."""

import re
import subprocess
from collections import namedtuple

#: `relocs` is a tuple of (type, symbol with addend); `target` the offset that
#: a direct branch inside the section goes to, or None
Insn = namedtuple("Insn", "addr op args relocs target")


class Function:
    """One symbol's instructions, in order of address."""

    def __init__(self, name, section, addr):
        self.name, self.section, self.addr = name, section, addr
        self.insns = []


_HEAD = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_INSN = re.compile(r"^\s*([0-9a-f]+):\t(\S+)\s*(.*)$")
_RELOC = re.compile(r"^\s*([0-9a-f]+): (R_\S+)\s+(\S+)$")
_TARGET = re.compile(r"(?:^|[ ,])(?:0x)?([0-9a-f]+) <([^>]*)>$")
_PREFIXES = ("notrack", "bnd", "lock", "rep", "repz", "repnz", "cs", "ds",
             "data16", "rex.W")


def functions(text):
    """Parse the output of `objdump -dr --no-show-raw-insn`."""
    section, current, found = None, None, []
    for line in text.splitlines():
        if line.startswith("Disassembly of section "):
            section, current = line[len("Disassembly of section "):-1], None
            continue
        match = _HEAD.match(line)
        if match:
            current = Function(match[2], section, int(match[1], 16))
            found.append(current)
            continue
        if current is None:
            continue
        match = _RELOC.match(line)
        if match:
            if current.insns:
                last = current.insns[-1]
                current.insns[-1] = last._replace(
                    relocs=last.relocs + ((match[2], match[3]),))
            continue
        match = _INSN.match(line)
        if match:
            current.insns.append(_insn(match))
    return found


def _insn(match):
    op, args = match[2], match[3]
    args = re.split(r"\s+(?://|@|;)\s", " " + args, maxsplit=1)[0].strip()
    last = op
    while last in _PREFIXES and args:
        last, _, args = args.partition(" ")
        op, args = op + " " + last, args.strip()
    args = re.sub(r"\s+# .*$", "", args)
    where = _TARGET.search(args)
    return Insn(int(match[1], 16), op, args, (),
                int(where[1], 16) if where else None)


def disassemble(path, cross=""):
    """Functions of the object at `path`; raises CalledProcessError."""
    out = subprocess.run(
        [cross + "objdump", "-dr", "--no-show-raw-insn", "-z",
         str(path)], check=True, capture_output=True, text=True, timeout=300)
    return functions(out.stdout)
