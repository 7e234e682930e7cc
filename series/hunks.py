"""Hunks on one upstream file: reading, writing, and where they belong."""
import re
from dataclasses import dataclass, field

from .error import SeriesError

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
NO_NEWLINE = "\\ No newline at end of file"


@dataclass
class Hunk:
    """One hunk. Line numbers count from 1; LINES are as in a diff, no newlines."""
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: list = field(default_factory=list)

    def preimage(self):
        """The old file's lines that the hunk names, each with its newline."""
        found, last_is_old = [], False
        for line in self.lines:
            if line.startswith("\\"):
                if found and last_is_old:
                    found[-1] = found[-1][:-1]
                continue
            last_is_old = line[:1] != "+"
            if last_is_old:
                found.append(line[1:] + "\n")
        return found

    def format(self):
        """As in a diff. No section heading: git does not need it, and it is not ours."""
        def span(start, count):
            return f"{start}" if count == 1 else f"{start},{count}"
        head = (f"@@ -{span(self.old_start, self.old_count)}"
                f" +{span(self.new_start, self.new_count)} @@")
        return "\n".join([head, *self.lines]) + "\n"


@dataclass
class FileDiff:
    """All hunks on one file. MODES is (old, new) where the patch changes the mode."""
    path: str
    hunks: list
    modes: tuple = None

    def format(self):
        """As git writes it, without the index line, which names a base's blob."""
        text = f"diff --git a/{self.path} b/{self.path}\n"
        if self.modes:
            text += f"old mode {self.modes[0]}\nnew mode {self.modes[1]}\n"
        if self.hunks:
            text += f"--- a/{self.path}\n+++ b/{self.path}\n"
        return text + "".join(hunk.format() for hunk in self.hunks)


def _hunk(lines, index, where):
    """One hunk that starts at LINES[INDEX], and the index of the line after it."""
    match = HUNK.match(lines[index])
    if not match:
        raise SeriesError(f"{where}: not a hunk: {lines[index]!r}")
    old, old_count, new, new_count = (1 if part is None else int(part)
                                      for part in match.groups())
    hunk = Hunk(old, old_count, new, new_count)
    index += 1
    while old_count or new_count or (index < len(lines) and lines[index].startswith("\\")):
        if index == len(lines):
            raise SeriesError(f"{where}: the hunk at line {old} is cut short")
        # An editor may have taken the only blank off an empty context line.
        line = lines[index] or " "
        if line[0] not in " +-\\":
            raise SeriesError(f"{where}: the hunk at line {old} does not hold as many "
                              f"lines as it says, at {line!r}")
        old_count -= line[0] in " -"
        new_count -= line[0] in " +"
        if old_count < 0 or new_count < 0:
            raise SeriesError(f"{where}: the hunk at line {old} holds more lines than it says")
        hunk.lines.append(line)
        index += 1
    return hunk, index


def parse(text, where="diff"):
    """[FileDiff] of a diff in git's format. What is not a change of an upstream
    file's content or mode is refused: whole files are named, not diffed."""
    lines = text.split("\n")
    found, index, current, modes = [], 0, None, [None, None]
    while index < len(lines):
        line = lines[index]
        if line.startswith("diff --git "):
            match = re.fullmatch(r"diff --git a/(\S+) b/(\S+)", line)
            if not match or match[1] != match[2]:
                raise SeriesError(f"{where}: cannot take {line!r} (a rename, or an odd name)")
            current, modes = FileDiff(match[1], []), [None, None]
            if any(other.path == current.path for other in found):
                raise SeriesError(f"{where}: two diffs of {current.path}")
            found.append(current)
        elif current is None:
            if line:
                raise SeriesError(f"{where}: expected 'diff --git', got {line!r}")
        elif line.startswith("old mode "):
            modes[0] = line[9:]
        elif line.startswith("new mode "):
            modes[1] = line[9:]
            current.modes = tuple(modes)
        elif line.startswith("@@ "):
            hunk, index = _hunk(lines, index, f"{where}: {current.path}")
            current.hunks.append(hunk)
            continue
        elif line in (f"--- a/{current.path}", f"+++ b/{current.path}", ""):
            pass
        elif not line.startswith("index "):
            raise SeriesError(f"{where}: {current.path}: cannot take {line!r}; a whole file "
                              "is named with Adds, Replaces or Deletes")
        index += 1
    for item in found:
        if not item.hunks and not item.modes:
            raise SeriesError(f"{where}: {item.path}: no hunk")
    return found


def places(hunk, lines):
    """The line numbers (from 1) where the hunk's old lines stand in LINES."""
    want = hunk.preimage()
    if not want:
        return []
    return [at + 1 for at in range(len(lines) - len(want) + 1)
            if lines[at] == want[0] and lines[at:at + len(want)] == want]


def split(text):
    """Lines with their newlines; only a newline ends a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def unique(item, text):
    """Whether every hunk of ITEM fits exactly one place of the old file TEXT: its own."""
    lines = split(text)
    return all(places(hunk, lines) == [hunk.old_start] for hunk in item.hunks)


def doubtful(item, text, exact):
    """The first hunk that does not say clearly where it belongs in TEXT, or None.

    A hunk must stand where it says, or fit just one place: git would else take
    the nearest. One without old lines stands where it says on the very base that
    the series was made for (EXACT), and nowhere on another.
    """
    lines = split(text)
    for hunk in item.hunks:
        if exact and not hunk.preimage():
            continue
        found = places(hunk, lines)
        if len(found) != 1 and hunk.old_start not in found:
            return hunk
    return None
