"""Faults that somebody put in by hand, by name: the file `named`. Each is always tried.

    name: what goes wrong
    file: arch/x86/xen/contiguous.c
    function: xen_p2m_changed
    - the text as it is
    + the text with the fault

The text may be several lines, with or without their blanks. It has to be there once: an
entry whose text has gone is an error, for the code has moved on and so must the entry.
"""
import re
from dataclasses import dataclass
from pathlib import Path

from rig.mutants import needs, operators, parse, tokens

PATH = Path(__file__).resolve().parent / "named"


@dataclass(frozen=True)
class Entry:
    """A fault with a name."""

    name: str
    path: str
    function: str
    was: str
    becomes: str


def read(text):
    """[Entry] of the file's TEXT."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        heads = [line.partition(": ") for line in lines[:3]]
        if [head[0] for head in heads] != ["name", "file", "function"]:
            raise needs.RigError(f"named: no name, file and function: {lines[0]}")
        sides = [" ".join(line[1:].strip() for line in lines[3:] if line[0] == mark)
                 for mark in "-+"]
        if not sides[0] or any(line[0] not in "-+" for line in lines[3:]):
            raise needs.RigError(f"named: no text as it is: {heads[0][2]}")
        found.append(Entry(*(head[2] for head in heads), *sides))
    return found


def load():
    """[Entry] of the file."""
    return read(PATH.read_text("utf-8"))


def mutant(entry, text):
    """The Mutant that an Entry is in the TEXT of its file."""
    pattern = re.compile(r"\s+".join(map(re.escape, entry.was.split())))
    toks = tokens.tokens(text)
    pairs = tokens.partners(toks)
    places = [(function, match) for function in parse.functions(text, toks, pairs)
              if function.name == entry.function
              for match in pattern.finditer(text, function.head_end, function.end)]
    if len(places) != 1:
        raise needs.RigError(f"named: {entry.name}: {len(places)} places in {entry.path} have "
                             f"'{entry.was}' in {entry.function}()")
    function, match = places[0]
    return operators.by_hand(entry.path, text, function, toks, f"named: {entry.name}",
                             match.start(), match.end(), entry.becomes)


def merged(mutants, entries, text):
    """MUTANTS of a file and those that the ENTRIES about it are; where both are the same,
    the name stays."""
    mine = [mutant(entry, text) for entry in entries]
    # Two spans of text can be the same fault.
    same = {one.apply(text) for one in mine}
    near = {one.function for one in mine}
    return [one for one in mutants
            if one.function not in near or one.apply(text) not in same] + mine
