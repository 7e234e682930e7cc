"""Compiler and checker messages, and which of them are new."""

import re
from collections import Counter

_LINE = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? "
                   r"(?P<kind>warning|error|Warning|Error): (?P<text>.*)$")


def parse(output, src):
    """[(file in the tree, line, text)] of the warnings in make's output."""
    found = []
    for line in output.splitlines():
        match = _LINE.match(line)
        if match:
            found.append((inside(match["file"], str(src)), int(match["line"]),
                          match["text"]))
    return sorted(set(found))


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
