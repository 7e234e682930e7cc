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

from rig import boots, variables
from rig.benches import counts, plots, targets
from rig.common import compiler, paths
from rig.common.error import RigError
from rig.kernels import trees
from rig.machine import testfile
from rig.machine.boot import plan
from rig.verdict import ktap

BENCHES = paths.RIG / "guest" / "bench"
KEPT = paths.REPO / "bench"


def heading(built):
    """Lines: what was compared, and who compiled it."""
    base, patches = trees.series_on()
    return [f"base: {base}", f"ours: {patches} patches on it",
            *sorted({f"{arch}: {compiler.version(arch)}" for arch, _ in built})]


def keep(place, kept):
    """Put what is worth keeping of PLACE in KEPT, instead of what is there of it."""
    kept.mkdir(exist_ok=True)
    for path in kept.glob("*.svg"):
        path.unlink()
    for path in sorted(place.iterdir()):
        if path.suffix in (".svg", ".json") or path.name == "table.txt":
            shutil.copy(path, kept)


def main():
    """python3 -m rig.bench; PLATFORM chooses, default all that have a bench."""
    text = variables.compare()
    old = counts.from_json(text) if text else {}
    tests = testfile.load_all(BENCHES)
    chosen = variables.platforms(default="all")
    planned = [boot for name in counts.KERNELS for boot in plan(tests, chosen, name)]
    place = boots.results_dir("bench")
    built = boots.build_kernels(planned)
    verdicts = boots.boot_all(planned, built, place)
    writer = ktap.Writer()
    boots.put(writer, verdicts)
    found = counts.collect(verdicts)
    counts.add_text(found, built)
    for group in targets.groups(found):
        writer.group(*group)
    lines = heading(built)
    lines += [line for platform in found for line in counts.table(platform, found)]
    (place / "bench.json").write_text(json.dumps(counts.as_json(found), indent=1) + "\n",
                                      encoding="utf-8")
    (place / "table.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in plots.plots(found).items():
        (place / name).write_text(text, encoding="utf-8")
    if variables.flag("KEEP"):
        keep(place, KEPT)
    if old:
        lines += [f"moved since {os.environ['COMPARE']}:", *counts.moved(old, found)]
    print("\n".join(["", *lines, "", str(place / "bench.json")]))
    sys.exit(boots.finish(writer, place))


if __name__ == "__main__":
    try:
        main()
    except RigError as err:
        sys.exit(f"error: {err}")
