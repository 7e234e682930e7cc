"""The verb bench: instructions on the unmodified kernel, on ours, and on bare metal.

The guest's tests in guest/bench print lines 'bench=CASE n=N key=value…'. The same
are run on both kernels, without debugging and under -icount; what is promised of
them is checked. All of it is kept in a JSON file beside the results, with plots;
COMPARE=old.json tells what moved since; KEEP=1 makes it the result that the
repository keeps.
"""
import json
import os
import shutil
import sys

import benchplot
import benchtargets
import counter
import kernel
import ktap
import paths
import run
import testfile
import trees
import variables

BENCHES = paths.RIG / "guest" / "bench"
KERNELS = (benchtargets.BASE, benchtargets.OURS)
KEPT = paths.REPO / "bench"
MOVED = 0.01              # of the old count: less is not told


def numbers(document, marks=()):
    """{(case, n): {key: value}} of what a guest said, or had counted between MARKS."""
    found = {}
    for subtest in document.subtests:
        for note in subtest.notes:
            words = ktap.pairs(note)
            if "first" in words:
                found[words["bench"], int(words["n"])] = counter.each(
                    marks, *(int(words[key]) for key in ("first", "many", "times")))
            elif "bench" in words:
                found[words["bench"], int(words["n"])] = {
                    key: int(value) for key, value in words.items()
                    if key not in ("bench", "n") and value.lstrip("-").isdigit()}
    return found


def collect(verdicts):
    """{platform: {kernel: {(case, n): {key: value}}}}"""
    counts = {}
    for verdict in verdicts:
        machine = verdict.outcome.boot.machine
        kernels = counts.setdefault(machine.platform, {})
        if not verdict.outcome.log:     # it was not booted
            continue
        file = verdict.outcome.log.parent / counter.COUNTS
        lines = file.read_text("ascii").splitlines() if file.exists() else []
        kernels.setdefault(machine.kernel, {}).update(
            numbers(verdict.document, counter.marks(lines)))
    return counts


def add_text(counts, built):
    """The kernels' own sizes, as a case of the first platform of each architecture."""
    seen = set()
    for platform, kernels in counts.items():
        arch = testfile.ARCH_OF[platform]
        for name in set(kernels) if arch not in seen else ():
            size = int(built[arch, name].text.read_text("ascii"))
            kernels[name]["text", 0] = {"bytes": size}
        seen.add(arch)


def heading(built):
    """Lines: what was compared, and who compiled it."""
    base, patches = trees.series_on()
    return [f"base: {base}", f"ours: {patches} patches on it",
            *sorted({f"{arch}: {kernel.compiler(arch)}" for arch, _ in built})]


def _ratio(mine, other):
    return f"{mine / other:7.2f}" if other else "      -"


def table(platform, counts):
    """Lines for a person: a case a line, its instructions as a whole."""
    base, ours = (counts[platform].get(name, {}) for name in KERNELS)
    bare = counts.get(benchtargets.BARE.get(platform), {}).get(benchtargets.OURS, {})
    lines = [f"{platform}: instructions of a map and its unmap (alloc and free), and per "
             "phase of ours",
             f"  {'case':22}{'n':>9}{'base':>10}{'ours':>10}{'bare':>10}"
             f"{'o/base':>8}{'o/bare':>8}"]
    for case, n in sorted(set(ours) | set(base)):
        cell, old = ours.get((case, n), {}), base.get((case, n), {})
        if not set(benchtargets.PARTS) & set(cell):
            lines.append(f"  {case:22}{n:9}  " + ", ".join(
                f"{key} {old.get(key, '-')} | {value}" for key, value in cell.items()))
            continue
        mine, theirs = benchtargets.cost(cell), benchtargets.cost(old)
        there = benchtargets.cost(bare.get((benchtargets.plain(case), n), {}))
        phases = " ".join(f"{key} {cell[key]}" for key in benchtargets.PARTS if key in cell)
        if "alloc" in cell:
            phases += "; at first " + " | ".join(
                str(sum(one.get(f"{key}_first", 0) for key in ("alloc", "free")))
                for one in (old, cell))
        lines.append(f"  {case:22}{n:9}{theirs:10}{mine:10}{there:10} {_ratio(mine, theirs)}"
                     f" {_ratio(mine, there)}  {phases}")
    return lines


def as_json(counts):
    """The counts as JSON's objects have them."""
    return {platform: {kernel: {f"{case} {n}": cell for (case, n), cell in sorted(cells.items())}
                       for kernel, cells in kernels.items()}
            for platform, kernels in counts.items()}


def from_json(text):
    """as_json() undone."""
    return {platform: {kernel: {(name.rsplit(" ", 1)[0], int(name.rsplit(" ", 1)[1])): cell
                                for name, cell in cells.items()}
                       for kernel, cells in kernels.items()}
            for platform, kernels in json.loads(text).items()}


def moved(old, new):
    """Lines: which costs of ours differ from those of an earlier run."""
    lines = []
    for platform, kernels in new.items():
        for key, cell in sorted(kernels.get(benchtargets.OURS, {}).items()):
            before = benchtargets.cost(old.get(platform, {}).get(benchtargets.OURS, {})
                                       .get(key, {}))
            now = benchtargets.cost(cell)
            if before and abs(now - before) > MOVED * before:
                lines.append(f"  {platform} {key[0]} {key[1]}: {before} -> {now} "
                             f"({now / before:.2f})")
    return lines or ["  nothing moved"]


def keep(place, kept):
    """Put what is worth keeping of PLACE in KEPT, instead of what is there of it."""
    kept.mkdir(exist_ok=True)
    for path in kept.glob("*.svg"):
        path.unlink()
    for path in sorted(place.iterdir()):
        if path.suffix in (".svg", ".json") or path.name == "table.txt":
            shutil.copy(path, kept)


def main():
    """python3 rig/bench.py; PLATFORM chooses, default all that have a bench."""
    text = variables.compare()
    old = from_json(text) if text else {}
    tests = testfile.load_all(BENCHES)
    chosen = variables.platforms(default="all")
    boots = [boot for name in KERNELS for boot in testfile.plan(tests, chosen, name)]
    place = run.results_dir("bench")
    built = run.build_kernels(boots)
    verdicts = run.boot_all(boots, built, place)
    writer = ktap.Writer()
    for verdict in verdicts:
        for group in verdict.groups:
            writer.group(*group)
    counts = collect(verdicts)
    add_text(counts, built)
    for group in benchtargets.groups(counts):
        writer.group(*group)
    lines = heading(built)
    lines += [line for platform in counts for line in table(platform, counts)]
    (place / "bench.json").write_text(json.dumps(as_json(counts), indent=1) + "\n",
                                      encoding="utf-8")
    (place / "table.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in benchplot.plots(counts).items():
        (place / name).write_text(text, encoding="utf-8")
    if variables.flag("KEEP"):
        keep(place, KEPT)
    if old:
        lines += [f"moved since {os.environ['COMPARE']}:", *moved(old, counts)]
    print("\n".join(["", *lines, "", str(place / "bench.json")]))
    sys.exit(run.finish(writer, place))


if __name__ == "__main__":
    try:
        main()
    except run.ERRORS as err:
        sys.exit(f"error: {err}")
