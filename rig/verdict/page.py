"""The page of `make report`: one HTML file, from what the verbs left. Nothing is read here.

No script, and nothing from elsewhere: plots are data URIs, so that the page is whole when
it is mailed. A result is a word, which a colour only repeats; what is wide scrolls in a box.
"""
import base64
import html
import re
from dataclasses import dataclass, field

from rig.common.arches import PLATFORMS
from rig.verdict import ktap

BAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")    # a log may hold any byte


@dataclass
class Left:
    """What a verb left: groups of its KTAP file, or why there are none."""

    verb: str
    missing: str = ""
    note: str = ""
    groups: list = field(default_factory=list)
    when: str = ""
    commit: str = ""
    summary: str = ""
    links: dict = field(default_factory=dict)     # {log, as the KTAP file has it: href}


@dataclass
class Bench:
    """Counts: where they are from, rows of the short table, promises, plots, all cases."""

    missing: str = ""
    source: str = ""
    short: list = field(default_factory=list)
    promises: list = field(default_factory=list)
    plots: list = field(default_factory=list)     # (SVG, words)
    table: str = ""


@dataclass
class Row:
    """A boot, a platform, or a kind of other check, added up."""

    name: str
    platform: str = ""
    kind: str = ""
    tests: list = field(default_factory=list)
    results: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    log: str = ""
    boots: int = 0

    @property
    def seconds(self):
        """How long it took, or None."""
        return int(self.facts["seconds"]) if "seconds" in self.facts else None

    def counts(self):
        """[passed, failed, skipped]"""
        skipped = sum(bool(result.skip) for result in self.results)
        passed = sum(result.passed for result in self.results)
        return [passed, len(self.results) - passed - skipped, skipped]

    def take(self, results, notes):
        """Add a group."""
        self.results += results
        for note in notes:
            if note.startswith("log="):
                self.log = note.removeprefix("log=")
            elif not note.startswith("device="):
                self.facts |= ktap.pairs(note)


class Markup(str):
    """Text that is HTML already."""

    def __add__(self, other):
        return Markup(f"{self}{esc(other)}")


def esc(text):
    """TEXT as HTML."""
    return text if isinstance(text, Markup) else Markup(html.escape(BAD.sub("\ufffd", str(text))))


def tag(name, *inside, **attributes):
    """An element; CLASS_ is its class, and aria_label its aria-label."""
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{esc(value)}"'
                    for key, value in attributes.items())
    return Markup(f"<{name}{words}>{''.join(map(esc, inside))}</{name}>")


def table(caption, head, rows):
    """A table in a box that scrolls, its caption above; numbers stand at the right."""
    def cell(value):
        if isinstance(value, int) or value is None:
            number = "–" if value is None else f"{value:,}".replace(",", "\u202f")
            return tag("td", number, class_="n")
        return tag("td", value)
    lines = [tag("tr", *(tag("th", word, scope="col") for word in head))]
    lines += [tag("tr", *map(cell, row)) for row in rows]
    return tag("p", caption) + tag("div", tag("table", *lines), class_="box", tabindex=0,
                                   role="region", aria_label=caption)


def fold(title, *inside):
    """What is shown when it is asked for."""
    return tag("details", tag("summary", title), *inside)


def word(passed, failed, skipped):
    """The result: one of three words."""
    if failed or not passed + skipped:
        return tag("b", "FAILED", class_="bad")
    return tag("span", "passed", class_="good") if passed else Markup("skipped")


def boots_of(groups):
    """(rows of boots, other groups). A boot's last group is 'NAME: boot'; one of which all
    is skipped is none."""
    rows, others, over = [], [], True
    for name, results, notes in groups:
        head, mark, test = name.partition(": ")
        platform = next((one for one in PLATFORMS if mark and head.startswith(f"{one}-")), None)
        if platform is None:
            others.append((name, results, notes))
            continue
        if over or rows[-1].name != head:
            rows.append(Row(head, platform))
        over = test == "boot"
        rows[-1].tests += [] if over else [test]
        # What a test notes are no facts of the boot.
        rows[-1].take(results, [note for note in notes if over or note.startswith("variant=")])
    return [row for row in rows if not all(result.skip for result in row.results)], others


def platforms_of(rows):
    """Rows of boots added up by platform and kernel."""
    found = {}
    for row in rows:
        kernel = row.facts.get("variant", "not in the results")
        one = found.setdefault((row.platform, kernel), Row("", row.platform, kernel))
        one.boots += 1
        one.tests += row.tests
        one.results += row.results
        known = {**row.facts, **one.facts}
        known["seconds"] = sum(int(each.facts.get("seconds", 0)) for each in (one, row))
        one.facts = known
    return list(found.values())


def kinds_of(groups):
    """Other checks, added up by what stands before the colon of their names."""
    found = {}
    for name, results, notes in groups:
        for result in results:
            kind = result.name.partition(": ")[0]
            row = found.setdefault((name, kind), Row(name, kind=kind))
            row.take([result], notes)
    return list(found.values())


def _said(row, key):
    return row.facts.get(key, "–").replace("_", " ")


def _log(left, words, path):
    """WORDS as a link to the log, if there is one."""
    href = left.links.get(path)
    if href:
        return tag("a", words, href=href)
    return f"{words} ({'log is gone' if path else 'no log'})"


def _verb_row(left):
    rows, _ = boots_of(left.groups)
    counts = Row("", results=[one for _, results, _ in left.groups for one in results]).counts()
    versions = [", ".join(sorted({row.facts[key] for row in rows if key in row.facts}))
                or "not in the results" for key in ("kernel", "xen", "qemu")]
    return [f"make {left.verb}", word(*counts), *counts, left.when + left.note, left.commit,
            *versions]


def _failures(lefts):
    for left in lefts:
        logs = {name.partition(": ")[0]: note.removeprefix("log=")
                for name, _, notes in left.groups for note in notes if note.startswith("log=")}
        for name, results, _ in left.groups:
            head = name.partition(": ")[0]
            for one in (one for one in results if not one.passed and not one.skip):
                yield tag("h3", tag("b", "FAILED", class_="bad"),
                          f" make {left.verb}, {name}: {one.name}")
                yield tag("pre", "\n".join(one.notes) or "no reason was given", class_="why")
                yield tag("p", _log(left, f"log of {head}", logs[head])) if head in logs else ""


def _skipped(lefts):
    """Rows: what was skipped, by verb and reason."""
    found = {}
    for left in lefts:
        for name, results, _ in left.groups:
            for one in results:
                if one.skip:
                    found.setdefault((left.verb, one.skip), []).append(f"{name}: {one.name}")
    return [[f"make {verb}", why, len(names), fold(names[0], *(tag("div", name) for name in
             names[1:])) if len(names) > 1 else names[0]] for (verb, why), names in found.items()]


def _controls(left):
    return [[name, note.removeprefix("expected: "), word(*Row("", results=results).counts())]
            for name, results, notes in left.groups for note in notes
            if note.startswith("expected: ")]


def _verb(left):
    """The sections of one verb."""
    rows, others = boots_of(left.groups)
    yield tag("h2", f"make {left.verb}", id=left.verb)
    if left.missing:
        yield tag("p", f"Nothing to show: {left.missing}.")
        return
    if rows:
        yield table(f"By platform, make {left.verb}",
                    ("platform", "kernel", "result", "boots", "tests", "passed", "failed",
                     "skipped", "seconds", "Linux", "Xen", "path"),
                    [[row.platform, row.kind, word(*row.counts()), row.boots, len(row.tests),
                      *row.counts(), row.seconds, *(_said(row, key) for key in
                                                    ("kernel", "xen", "path"))]
                     for row in platforms_of(rows)])
        yield fold(f"Each boot ({len(rows)}), with its log", table(
            f"Boots, make {left.verb}", ("boot, and its log", "result", "seconds", "passed",
                                         "failed", "skipped", "tests"),
            [[_log(left, row.name, row.log), word(*row.counts()), row.seconds, *row.counts(),
              fold(f"{len(row.tests)}", ", ".join(row.tests)) if len(row.tests) > 1
              else ", ".join(row.tests)] for row in rows]))
    else:
        yield tag("p", "No boots in these results.")
    if others:
        yield table(f"Other checks, make {left.verb}", ("step", "check", "result", "passed",
                                                        "failed", "skipped"),
                    [[_log(left, row.name, row.log) if row.log else row.name, row.kind,
                      word(*row.counts()), *row.counts()] for row in kinds_of(others)])
    controls = _controls(left)
    if controls:
        yield fold(f"What had to fail ({len(controls)})", table(
            "Passed means that it failed", ("test", "why it must fail", "result"), controls))
    yield fold("In words, with what each device moved", tag("pre", left.summary, tabindex=0)) \
        if left.summary else tag("p", "summary.txt is missing.")


def _bench(bench):
    yield tag("h2", "Bench", id="bench")
    if bench.missing:
        yield tag("p", f"Nothing to show: {bench.missing}.")
        return
    yield tag("p", bench.source)
    yield table("In short: instructions of a map and its unmap. Base is the unmodified kernel, "
                "ours has the series, bare is ours without Xen",
                ("what", "base", "ours", "bare"), bench.short)
    missed = [one for one in bench.promises if not one.passed]
    yield tag("p", f"Of {len(bench.promises)} promises {len(missed)} are missed; "
              "bench/README.md tells of those that cannot be kept.")
    if missed:
        yield table("Promises that are missed", ("promise", "result", "why"), [
            [one.name, word(0, 1, 0), " ".join(one.notes).removeprefix("why: ")]
            for one in missed])
    yield tag("div", *(tag("figure", Markup(
        f'<img alt="{esc(words)}" src="data:image/svg+xml;base64,'
        f'{base64.b64encode(svg.encode()).decode()}">'), fold("in figures", words), tabindex=0)
        for svg, words in bench.plots), class_="plots")
    yield fold("Every case", tag("pre", bench.table, tabindex=0)) if bench.table else \
        tag("p", "table.txt is missing.")


def _verdict(lefts):
    for left in lefts:
        if left.missing:
            yield tag("p", tag("b", f"make {left.verb}: no results"), f": {left.missing}",
                      class_="verdict")
            continue
        counts = Row("", results=[one for _, found, _ in left.groups for one in found]).counts()
        good = "passed" in word(*counts)
        yield tag("p", tag("b", f"make {left.verb} ", "passed" if good else "FAILED"),
                  f": {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped",
                  class_=f"verdict {'good' if good else 'bad'}")


def page(lefts, bench, noise, written, style):
    """The whole text. NOISE: (platform, regex, reason) of what logs may hold."""
    failures, skipped = list(_failures(lefts)), _skipped(lefts)
    body = [tag("h1", "swiotlb-xen, folded into dma-direct: report"), tag("p", written),
            *_verdict(lefts),
            tag("nav", *(tag("a", words, href=f"#{at}") for at, words in (
                ("failures", "Failures"), ("skipped", "Skipped"),
                *((left.verb, f"make {left.verb}") for left in lefts), ("bench", "Bench")))),
            table("What was run", ("verb", "result", "passed", "failed", "skipped", "ended",
                                   "commit", "Linux", "Xen", "QEMU"),
                  [_verb_row(left) for left in lefts if not left.missing]),
            tag("h2", "Failures", id="failures"), *(failures or [tag("p", "None.")]),
            tag("h2", "Skipped, and why", id="skipped"),
            table("Neither passed nor failed", ("verb", "why", "results", "which"), skipped)
            if skipped else tag("p", "Nothing was skipped."),
            table("Reports that a log may hold", ("platform", "report", "why it is harmless"),
                  noise) if noise else ""]
    for left in lefts:
        body += _verb(left)
    body += _bench(bench)
    return "\n".join([
        '<!DOCTYPE html>', '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>swiotlb-xen: report</title>", f"<style>\n{style}</style></head><body>",
        *map(esc, body), "</body></html>"]) + "\n"
