"""The guest's results: taken whole from a console that others write to, and KTAP.

The guest sends each line of its KTAP document as '@KTAP@ nonce number length text',
everything twice, and then '@DONE@ nonce count'. A line that a message of Xen's or
the kernel's tore apart does not have its length and is taken from the other copy.
"""
import re
from dataclasses import dataclass, field


@dataclass
class Result:
    """One check. SKIP is a reason or empty; a skipped check has neither passed nor failed."""

    passed: bool
    name: str
    skip: str = ""
    notes: list = field(default_factory=list)


@dataclass
class Subtest:
    """The checks of one test file."""

    name: str
    results: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    passed: bool = False


@dataclass
class Document:
    """All that a guest said. DONE is whether it came whole, with the run's nonce."""

    done: bool = False
    subtests: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    problem: str = ""


def collect(console, nonce):
    """(lines, problem): the document's lines out of the console's text.

    The problem is empty if the end mark came and all lines before it are there.
    """
    line_re = re.compile(rf"@KTAP@ {re.escape(nonce)} (\d+) (\d+) (.*)")
    done_re = re.compile(rf"@DONE@ {re.escape(nonce)} (\d+)$")
    lines, count = {}, None
    for raw in console.split("\n"):
        raw = raw.rstrip("\r")
        match = line_re.search(raw)
        if match and len(match[3]) == int(match[2]):
            lines.setdefault(int(match[1]), match[3])
        match = done_re.search(raw)
        if match:
            count = int(match[1])
    ordered = [lines[number] for number in sorted(lines)]
    if count is None:
        return ordered, "the guest did not come to its end mark"
    missing = [number for number in range(1, count + 1) if number not in lines]
    if missing:
        return ordered, f"{len(missing)} of {count} lines of the verdict are torn"
    return [lines[number] for number in range(1, count + 1)], ""


_RESULT = re.compile(r"(not )?ok (\d+)(?: - | )?(.*?)(?: # SKIP ?(.*))?$")


def _result(line):
    match = _RESULT.fullmatch(line)
    if not match:
        return None
    skipped = "# SKIP" in line
    return Result(match[1] is None and not skipped, match[3].strip(),
                  (match[4] or "no reason given") if skipped else "")


def parse(lines):
    """Document of the lines. What does not add up is its problem."""
    doc = Document()
    current = None
    planned = None
    for line in lines:
        inner = line.startswith("  ")
        text = line.strip()
        if text.startswith("# Subtest: "):
            current = Subtest(text[len("# Subtest: "):])
            doc.subtests.append(current)
        elif not inner and re.fullmatch(r"1\.\.\d+", text):
            planned = int(text[3:])
        elif inner and re.fullmatch(r"1\.\.\d+", text) and current:
            if int(text[3:]) != len(current.results):
                doc.problem = f"{current.name}: {text} but {len(current.results)} results"
        elif text.startswith("#"):
            note = text.lstrip("# ")
            if current is None:
                doc.facts.append(note)
            else:
                current.notes.append(note)
                if current.results:
                    current.results[-1].notes.append(note)
        else:
            result = _result(text)
            if result and inner and current:
                current.results.append(result)
            elif result and current:
                current.passed = result.passed
                current = None
    if planned is None or planned != len(doc.subtests):
        doc.problem = f"{planned} tests announced, {len(doc.subtests)} reported"
    return doc


def read(console, nonce):
    """The Document that the console's text holds."""
    lines, problem = collect(console, nonce)
    doc = parse(lines)
    doc.done = not problem
    doc.problem = problem or doc.problem
    return doc


def pairs(note):
    """{'key': 'value'} of a note 'key=value key=value'."""
    return dict(word.split("=", 1) for word in note.split() if "=" in word)


def _name(text):
    """TEXT as a description, which ends at a '#': readers take what follows for a directive."""
    return text.replace("#", "No.")


def groups(text):
    """[(name, [Result], notes)] of a document of Writer's: its groups again."""
    found, notes = [], []
    # Not splitlines(): a note may quote a torn line, which holds any byte.
    for line in text.split("\n"):
        line = line.removeprefix("  ") if line.startswith("  ") else ""
        if line.startswith("# Subtest: "):
            found.append((line.removeprefix("# Subtest: "), [], []))
            notes = found[-1][2]
        elif re.fullmatch(r"1\.\.\d+", line):
            notes = []
        elif line.startswith("# "):
            notes.append(line[2:])
        elif found and _result(line):
            found[-1][1].append(_result(line))
            found[-1][1][-1].notes, notes = notes, []
    return found


class Writer:
    """Writes one KTAP document of groups of results.

    Notes stand before the line that they belong to: kunit.py shows the lines since the
    last result when a result fails.
    """

    def __init__(self):
        self._lines = []
        self._groups = 0
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def group(self, name, results, notes=()):
        """One group; it has passed if a check of it has and none failed, and is skipped
        if all are."""
        self._groups += 1
        self._lines += ["  KTAP version 1", f"  # Subtest: {name}"]
        self._lines += [f"  # {note}" for note in notes] + [f"  1..{len(results)}"]
        bad = 0
        for number, result in enumerate(results, 1):
            line = f"{number} {_name(result.name)}"
            if result.skip:
                self.skipped += 1
                self._lines.append(f"  ok {line} # SKIP {result.skip}")
                continue
            bad += not result.passed
            self._lines += [f"  # {line}" for note in result.notes for line in note.split("\n")]
            self._lines.append(f"  {'ok' if result.passed else 'not ok'} {line}")
        good = sum(result.passed for result in results)
        self.passed += good
        self.failed += bad
        skip = next((result.skip for result in results if result.skip), "")
        if skip and not good and not bad:
            self._lines.append(f"ok {self._groups} {name} # SKIP {skip}")
            return
        word = "ok" if good and not bad else "not ok"
        self._lines.append(f"{word} {self._groups} {_name(name)}")

    def text(self):
        """The document."""
        return "\n".join(["KTAP version 1", f"1..{self._groups}"] + self._lines) + "\n"
