"""The verb bench: instructions on the unmodified kernel and on ours, side by side.

The guest's tests in guest/bench print lines 'bench=CASE n=N key=value…'. The same
are run on both kernels, without debugging and under -icount; what is promised of
them is checked, and all of it is kept in a JSON file beside the results.
"""
import json
import os
import sys

import ktap
import paths
import run
import testfile

BENCHES = paths.RIG / "guest" / "bench"
KERNELS = ("base-fast", "ours-fast")
MOST = 1000000            # foreign pages, as many as are asked for


def numbers(document):
    """{(case, n): {key: value}} of what a guest said."""
    found = {}
    for subtest in document.subtests:
        for note in subtest.notes:
            words = ktap.pairs(note)
            if "bench" in words:
                found[words["bench"], int(words["n"])] = {
                    key: int(value) for key, value in words.items()
                    if key not in ("bench", "n") and value.lstrip("-").isdigit()}
    return found


def cost(cell):
    """Instructions of a map and its unmap."""
    return cell["map"] + cell["unmap"]


def promises(platform, base, ours):
    """[Result]: what issue and commit promise of the p2m."""
    def result(good, name, why):
        return ktap.Result(good, f"{platform}: {name}", notes=[why if good else f"why: {why}"])

    sizes = sorted(n for case, n in ours if case == "foreign")
    results = []
    for n in sizes:
        mine, theirs = cost(ours["foreign", n]), cost(base["foreign", n])
        results.append(result(mine <= theirs, f"with {n} foreign pages not above base",
                              f"{mine} instructions, base {theirs}"))
    one, most = cost(ours["foreign", 1]), cost(ours["foreign", MOST])
    results.append(result(most <= 2 * one, f"with {MOST} at most twice the cost of one",
                          f"{most} / {one} = {most / one:.2f}"))
    (n,) = (n for case, n in ours if case == "buffer")
    mine, theirs = ours["buffer", n]["map"], base["buffer", n]["map"]
    results.append(result(50 * mine <= theirs,
                          f"a buffer of {n} frames maps for at most a 50th of base",
                          f"{mine} instructions, base {theirs}"))
    results.append(result(ours["ranges", n]["ranges"] == 1, f"and is one range of {n}",
                          f"{ours['ranges', n]['ranges']} ranges"))
    size = ours["memory", MOST]["bytes"]
    results.append(result(size <= 96, "a scattered page takes at most 96 bytes",
                          f"{size} bytes, base {base['memory', MOST]['bytes']}"))
    return results


def table(platform, base, ours):
    """Lines for a person."""
    lines = [f"{platform}: instructions, base | ours"]
    for (case, n), cell in ours.items():
        other = base.get((case, n), {})
        if "map" in cell:
            ratio = cost(cell) / cost(other) if other else 0
            lines.append(f"  {case:8} {n:8}  map {other.get('map', 0):8} | {cell['map']:6}"
                         f"   unmap {other.get('unmap', 0):6} | {cell['unmap']:6}"
                         f"   ours/base {ratio:.2f}")
        elif "bytes" in cell:
            lines.append(f"  {case:8} {n:8}  bytes a page {other.get('bytes', 0)} | "
                         f"{cell['bytes']}")
    return lines


def main():
    """python3 rig/bench.py; PLATFORM chooses, default all that have a bench."""
    tests = testfile.load_all(BENCHES)
    chosen = run.platforms_of(os.environ.get("PLATFORM") or "all")
    boots = [boot for kernel in KERNELS for boot in testfile.plan(tests, chosen, kernel)]
    place = run.results_dir("bench")
    verdicts = run.boot_all(boots, run.build_kernels(boots), place)
    writer = ktap.Writer()
    found, lines = {}, []
    for verdict in verdicts:
        machine = verdict.outcome.boot.machine
        found.setdefault(machine.platform, {})[machine.kernel] = numbers(verdict.document)
        for group in verdict.groups:
            writer.group(*group)
    for platform, (base, ours) in ((platform, [kernels.get(name, {}) for name in KERNELS])
                                   for platform, kernels in found.items()):
        try:
            writer.group(f"{platform}: promises", promises(platform, base, ours))
        except (KeyError, ValueError) as err:
            writer.group(f"{platform}: promises", [ktap.Result(
                False, f"{platform}: all cases were counted", notes=[f"why: no {err}"])])
        lines += table(platform, base, ours)
    text = {platform: {kernel: {f"{case} {n}": cell for (case, n), cell in cells.items()}
                       for kernel, cells in kernels.items()}
            for platform, kernels in found.items()}
    (place / "bench.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    print("\n".join(["", *lines, "", str(place / "bench.json")]))
    sys.exit(run.finish(writer, place))


if __name__ == "__main__":
    try:
        main()
    except run.ERRORS as err:
        sys.exit(f"error: {err}")
