"""Survivors that somebody looked at, and why each may live: the file `explained`.

    file: arch/arm/xen/p2m.c
    function: p2m_below
    - the line as it is
    + the line with the fault
    equivalent: why nothing can see it

Several pairs can share a reason. Where a function has the same line more than once,
"number: 2" after the function tells which. An entry that fits no mutant is an error: the
code has moved on, and so must the words. So is one that fits several.
"""
import collections
import re
from dataclasses import dataclass
from pathlib import Path

from rig.mutants import needs

PATH = Path(__file__).resolve().parent / "explained"
#: equivalent: nothing can see it; same code: the compiler makes the same of it; machine:
#: only a boot can; redundant: the code does nothing, and is to go
KINDS = ("equivalent", "same code", "machine", "redundant")


@dataclass(frozen=True)
class Entry:
    """A kind of survivor, and why it is one."""

    path: str
    function: str
    was: str
    becomes: str
    kind: str
    reason: str
    number: int = 0     # of the line among its equals, from 1 on; 0: it has none

    @property
    def key(self):
        """By which a mutant is known."""
        return self.path, self.function, self.was, self.becomes, self.number


def keys(mutants):
    """{mutant: the key that an entry for it would have}; MUTANTS: all of some files."""
    lines = collections.defaultdict(set)
    for mutant in mutants:
        lines[_words(mutant)].add(mutant.line)
    found = {}
    for mutant in mutants:
        equals = sorted(lines[_words(mutant)])
        number = equals.index(mutant.line) + 1 if len(equals) > 1 else 0
        found[mutant] = (*_words(mutant), number)
    return found


def _words(mutant):
    return mutant.path, mutant.function, mutant.was, mutant.becomes


def parse(text):
    """{key: Entry} of the file's TEXT."""
    found = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        for entry in _block(lines):
            if entry.key in found:
                raise needs.RigError(f"twice: {entry.path}: {entry.becomes}")
            found[entry.key] = entry
    return found


def _block(lines):
    heads = [line.partition(": ")[2] for line in lines[:2]]
    if not lines[0].startswith("file: ") or not lines[1:2] or \
            not lines[1].startswith("function:"):
        raise needs.RigError(f"no file and function: {lines[0]}")
    pairs, at, number = [], 2, 0
    if lines[2:3] and lines[2].startswith("number: "):
        number, at = int(lines[2].partition(": ")[2]), 3
    while at + 1 < len(lines) and lines[at].startswith("-"):
        if not lines[at + 1].startswith("+"):
            raise needs.RigError(f"nothing it becomes: {lines[at]}")
        pairs.append((lines[at][1:].strip(), lines[at + 1][1:].strip()))
        at += 2
    kind, mark, reason = " ".join(line.strip() for line in lines[at:]).partition(": ")
    swallowed = any(line[0] in "+-" for line in lines[at:])
    if not pairs or not mark or kind not in KINDS or not reason or swallowed:
        raise needs.RigError(f"no pair of lines, or no reason: {lines[0]} {heads[1]}")
    return [Entry(heads[0], heads[1], was, becomes, kind, reason, number)
            for was, becomes in pairs]


def load():
    """{key: Entry} of the file."""
    return parse(PATH.read_text("utf-8") if PATH.exists() else "")


def unknown(entries, mutants, paths):
    """The entries about PATHS that fit none of MUTANTS, or several."""
    known = set(keys(mutants).values())
    return [entry for entry in entries.values() if entry.path in paths and entry.key not in known]
