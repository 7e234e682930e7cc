"""Compiler and checker messages, and which of them are new."""

import re
from collections import Counter
from pathlib import Path

_LINE = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? "
                   r"(?P<kind>warning|error|Warning|Error): (?P<text>.*)$")


def parse(output, src, except_at=None):
    """[(file in the tree, line, text)] of the warnings in make's output, without
    those at lines of the source that match EXCEPT_AT."""
    found = []
    for line in output.splitlines():
        match = _LINE.match(line)
        if match:
            found.append((inside(match["file"], str(src)), int(match["line"]),
                          match["text"]))
    if except_at:
        found = [row for row in found if not except_at.match(_source(src, *row[:2]))]
    return sorted(set(found))


def _source(src, name, line):
    """That line of a file in the tree."""
    path = Path(src) / name
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return lines[line - 1] if line <= len(lines) else ""


def inside(path, src):
    """A path as seen from the top of the source `src`."""
    path = path.removeprefix(src + "/")
    while path.startswith("../"):
        path = path[3:]
    return path.removeprefix(src.rsplit("/", 1)[-1] + "/")


def new(before, after, files):
    """Those of `after` in `files` that `before` has not as often.

    Line numbers move, so a warning is known by its file and its words."""
    known = Counter((f, t) for f, _, t in before)
    found = []
    for name, line, text in after:
        if known[(name, text)]:
            known[(name, text)] -= 1
        elif name in files:
            found.append("%s:%d: %s" % (name, line, text))
    return found
