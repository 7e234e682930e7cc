"""The verb report: build/report/index.html, of what the last verbs left in build/.

    python3 -m rig.report

It runs nothing and builds nothing. What is not there the page names.
"""
import os
import sys
import time
import urllib.parse
from pathlib import Path

from rig import boots
from rig.benches import counts, plots, targets
from rig.common import paths
from rig.common.error import RigError
from rig.verdict import ktap, logcheck, page

VERBS = ("check", "check-full", "run")
STYLE = paths.RIG / "verdict" / "page.css"


def _read(path):
    """The text of a file, which is empty if there is none."""
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _time(path):
    return time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(path.stat().st_mtime))


def commit(text):
    """about() of boots.py in words."""
    facts = ktap.pairs(text)
    if "commit" not in facts:
        return "not in the results"
    edited = facts.get("edited", "0")
    return facts["commit"][:12] + (f", {edited} files edited" if edited != "0" else "")


def _links(groups, verb, place, out):
    """{log as it is noted: from the page to it}. A run that was kept as NAME.old has moved."""
    found = {}
    for _, _, notes in groups:
        for log in (note.removeprefix("log=") for note in notes if note.startswith("log=")):
            rest = log.rpartition(f"/{verb}/")[2]
            if (place / rest).is_file():
                found[log] = urllib.parse.quote(os.path.relpath(place / rest, out))
    return found


def left(verb, results, out):
    """What VERB left in RESULTS, for a page in OUT; a run that has not ended stands back."""
    place, note = results / verb, ""
    if not (place / "results.ktap").is_file() and place.is_dir():
        place = place.with_suffix(".old")
        note = " (the run before the last, which has not ended)"
    path = place / "results.ktap"
    if not path.is_file():
        return page.Left(verb, missing=f"{verb}/results.ktap is not in build/results: make {verb} "
                         + ("has not ended" if note else "has not been run"))
    groups = [(name, results or [ktap.Result(False, "checks something")], notes)
              for name, results, notes in ktap.groups(_read(path))]
    return page.Left(verb, note=note, groups=groups, when=_time(path),
                     commit=commit(_read(place / "about")),
                     summary=_read(place / "summary.txt").replace(f"{results.parent.parent}/", ""),
                     links=_links(groups, verb, place, out))


def bench(places):
    """The counts in the first of PLACES, (directory, words), that has some."""
    for place, words in places:
        path = place / "bench.json"
        if path.is_file():
            found = counts.from_json(_read(path))
            drawn, said = plots.plots(found), plots.words(found)
            table = _read(place / "table.txt")
            head = " ".join(f"{line}." for line in table.split("\n")[:2] if line)
            return page.Bench(
                source=f"{words}. {head}", short=counts.short(found),
                promises=[one for _, group in targets.groups(found) for one in group],
                plots=[(drawn[name], said[name]) for name in drawn], table=table)
    return page.Bench(missing="there is no bench.json")


def main():
    """python3 -m rig.report"""
    out = paths.BUILD / "report"
    noise = [(one.platform, one.regex.pattern, one.reason) for one in logcheck.known_noise()]
    written = (f"Written {time.strftime('%Y-%m-%d %H:%M %Z')}, the clone at "
               f"{commit(boots.about())}. Logs are linked where they lie, in build/results.")
    text = page.page(
        [left(verb, boots.RESULTS, out) for verb in VERBS],
        bench([(boots.RESULTS / "bench", "What the last make bench counted"),
               (paths.REPO / "bench", "Counts that are kept in bench/: no make bench has ended "
                "here")]),
        noise, written, STYLE.read_text("utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    path = Path(out, "index.html")
    path.write_text(text, encoding="utf-8")
    print(path)


if __name__ == "__main__":
    try:
        main()
    except RigError as err:
        sys.exit(f"error: {err}")
