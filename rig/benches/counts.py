"""The counts of a bench: read out of its boots, kept as JSON, told as a table.

Counts are {platform: {kernel: {(case, n): {key: value}}}}.
"""
import json

from rig.benches import targets
from rig.common.arches import PLATFORMS
from rig.machine import counter
from rig.verdict import ktap

KERNELS = (targets.BASE, targets.OURS)
MOVED = 0.01              # of the old count: less is not told
# What stands for all of it: platform, case, n, and words.
SHORT = (("pv", "map", 4096, "PV, 4 KiB"), ("pv", "map", 2 << 20, "PV, 2 MiB"),
         ("pv", "sg", 128, "PV, a list of 128"),
         ("pv", "bounce", 4096, "PV, a bounce of 4 KiB, synced both ways"),
         ("pv", "coherent", 65536, "PV, coherent 64 KiB"),
         ("pvh", "map", 4096, "PVH, 4 KiB"), ("arm64", "map", 4096, "arm64, 4 KiB of dom0's own"),
         ("arm64", "map", 2 << 20, "arm64, 2 MiB of dom0's own"),
         ("arm64", "foreign", 1000000, "arm64, one of 1 000 000 foreign pages"),
         ("arm", "foreign", 1000000, "arm, one of 1 000 000 foreign pages"),
         ("bare-x86_64", "map", 4096, "x86_64 without Xen, 4 KiB"),
         ("bare-arm64", "map", 4096, "arm64 without Xen, 4 KiB"))


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
        arch = PLATFORMS[platform]
        for name in set(kernels) if arch not in seen else ():
            size = int(built[arch, name].text.read_text("ascii"))
            kernels[name]["text", 0] = {"bytes": size}
        seen.add(arch)


def _ratio(mine, other):
    return f"{mine / other:7.2f}" if other else "      -"


def table(platform, counts):
    """Lines for a person: a case a line, its instructions as a whole."""
    base, ours = (counts[platform].get(name, {}) for name in KERNELS)
    bare = counts.get(targets.BARE.get(platform), {}).get(targets.OURS, {})
    lines = [f"{platform}: instructions of a map and its unmap (alloc and free), and per "
             "phase of ours",
             f"  {'case':22}{'n':>9}{'base':>10}{'ours':>10}{'bare':>10}"
             f"{'o/base':>8}{'o/bare':>8}"]
    for case, n in sorted(set(ours) | set(base)):
        cell, old = ours.get((case, n), {}), base.get((case, n), {})
        if not set(targets.PARTS) & set(cell):
            lines.append(f"  {case:22}{n:9}  " + ", ".join(
                f"{key} {old.get(key, '-')} | {value}" for key, value in cell.items()))
            continue
        mine, theirs = targets.cost(cell), targets.cost(old)
        there = targets.cost(bare.get((targets.plain(case), n), {}))
        phases = " ".join(f"{key} {cell[key]}" for key in targets.PARTS if key in cell)
        if "alloc" in cell:
            phases += "; at first " + " | ".join(
                str(sum(one.get(f"{key}_first", 0) for key in ("alloc", "free")))
                for one in (old, cell))
        lines.append(f"  {case:22}{n:9}{theirs:10}{mine:10}{there:10} {_ratio(mine, theirs)}"
                     f" {_ratio(mine, there)}  {phases}")
    return lines


def short(counts):
    """[(words, base, ours, bare)] of SHORT; None is not counted."""
    rows = []
    for platform, case, n, words in SHORT:
        kernels, bare = counts.get(platform, {}), counts.get(targets.BARE.get(platform), {})
        cells = (kernels.get(targets.BASE, {}).get((case, n)),
                 kernels.get(targets.OURS, {}).get((case, n)),
                 bare.get(targets.OURS, {}).get((case, n)))
        rows.append((words, *(targets.cost(cell) if cell else None for cell in cells)))
    return rows


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
        for key, cell in sorted(kernels.get(targets.OURS, {}).items()):
            before = targets.cost(old.get(platform, {}).get(targets.OURS, {})
                                       .get(key, {}))
            now = targets.cost(cell)
            if before and abs(now - before) > MOVED * before:
                lines.append(f"  {platform} {key[0]} {key[1]}: {before} -> {now} "
                             f"({now / before:.2f})")
    return lines or ["  nothing moved"]
