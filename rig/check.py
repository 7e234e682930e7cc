"""The verbs check and check-full: everything that can be tested, one verdict.

Units, then the static checks, then the boots; in a full check the boots of the base
kernel and of the end of each series, too, and KUnit by kunit.py. Each result is a line
of one KTAP file; what could not be made is a failure.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import traceback

from rig import boots, kunit, mutate, variables
from rig.common import paths
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.progress import Progress
from rig.common.seed import today
from rig.common.tell import say
from rig.kernels import trees
from rig.machine import testfile
from rig.machine.boot import plan
from rig.static import main as checks
from rig.static.build import ctx
from rig.verdict import ktap

UNIT_TIMEOUT = 1200       # seconds
AT_ENDS = ("native-io", "domu", "scattered")      # tests of the end of each series
UNITS = ("rig/tests", "series/tests", "rig/static/tests")
DAILY = ("units", "static", "mutants", "ours")    # the parts of a check that is not full


def units(writer):
    """The tools' own tests, while the sources are fetched and patched."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        # What goes wrong there is told by the step that needs the sources.
        pool.submit(trees.tree, "ours")
        writer.group("units", unit_results())


def unit_results():
    """One result for each file of tests. Files run side by side."""
    found = {folder: sorted((paths.REPO / folder).glob("test_*.py")) for folder in UNITS}
    for folder, files in found.items():
        if not files:
            raise RigError(f"no unit tests in {folder}")
    files = [str(path.relative_to(paths.REPO)) for files in found.values() for path in files]
    say("check: unit tests")
    with Progress("check: units", len(files), "files") as progress, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(progress.over(pool.map(unit_result, files)))


def unit_result(path):
    """What the tests in one file say."""
    done = subprocess.run([sys.executable, "-m", "unittest", path], cwd=paths.REPO,
                          text=True, timeout=UNIT_TIMEOUT, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    good = done.returncode == 0 and "\nRan 0 tests" not in done.stdout
    notes = [] if good else [f"why: {line}" for line in done.stdout.splitlines()[-30:]]
    for note in notes:
        say(f"  {path}: {note}")
    return ktap.Result(good, f"units: {path}", notes=notes)


def series_results():
    """What `python3 -m series check` says of the series and their mails."""
    with Progress("check: series"):
        done = subprocess.run([sys.executable, "-m", "series", "check"], cwd=paths.REPO,
                              text=True, timeout=UNIT_TIMEOUT, check=False, capture_output=True)
    results = []
    for line in done.stdout.splitlines():
        match = re.match(r"(not )?ok \d+ (.*)", line)
        if match:
            results.append(ktap.Result(not match[1], f"series: {match[2]}"))
        elif line.startswith("# ") and results:
            results[-1].notes.append(f"why: {line[2:]}")
    if not results or (done.returncode and all(result.passed for result in results)):
        results.append(ktap.Result(False, "series: its check could be run",
                                   notes=[f"why: {line}" for line in done.stderr.splitlines()]))
    return results


def edits(tree):
    """Whether the tree is what the patches make: the static checks and the controls are of
    the patches, and the other kernels of what stands in the tree."""
    git = Git.of(tree)
    good = git.work() == git.out("rev-parse", "patched^{tree}")
    return ktap.Result(good, "series: no edit in the tree is missing from the patches",
                       notes=[] if good else [f"why: {tree} has edits: run 'make refresh'"])


def static(writer, full):
    """What rig/static finds in the sources and in the objects."""
    tree = trees.tree("ours")
    out = paths.BUILD / "series" / "all"
    context = ctx.Ctx(paths.REPO, tree, paths.BUILD / "static", paths.cache("static"), out,
                      full=full)
    results = []
    start = time.monotonic()
    say("check: static checks")
    sender = {"GIT_COMMITTER_NAME": "rig", "GIT_COMMITTER_EMAIL": "rig@rig.invalid"}
    subprocess.run([sys.executable, "-m", "series", "mails"], cwd=paths.REPO, timeout=600,
                   check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, **sender))
    results += [*series_results(), edits(tree)]
    chosen = [name for name in checks.CHECKS if name != "pyunit"]
    chosen += checks.FULL if full else ()
    for name, good, detail in checks.results(chosen, context):
        notes = [f"{'' if good else 'why: '}{line}" for line in str(detail or "").splitlines()]
        if not good:
            say(f"  not ok {name}: {detail}")
        results.append(ktap.Result(bool(good), str(name), notes=notes[:30]))
    writer.group("static", results, [f"seconds={time.monotonic() - start:.0f}"])


def mutants(writer, full):
    """Faults in our own code, of which programs in user space have to notice each, and in a
    full check boots some."""
    start = time.monotonic()
    seed = today()
    results = mutate.sample(mutate.FULL, seed, booted=mutate.BOOTED) if full else \
        mutate.sample(mutate.DAILY, seed)
    writer.group("mutants", results, [f"seed={seed}",
                                      f"seconds={time.monotonic() - start:.0f}"])


def boot(writer, place, full, kernels):
    """Of these kernels: all tests on all platforms on ours and on the base, and at the ends
    of the series some of those that pass on the base and on all series."""
    tests = testfile.load_all(boots.TESTS)
    platforms = variables.platforms(default="all")
    ordinary = [test for test in tests if not test.declared.get("kernel")]
    planned = []
    if "ours" in kernels:
        planned += plan(tests, platforms, "ours", full)
    if "base" in kernels:
        planned += plan(ordinary, platforms, "base", full)
        for test in ordinary:
            for platform in set(test.platforms) & set(platforms):
                reason = test.not_run(platform, "base")
                if reason:
                    writer.group(f"{platform}-base: {test.name}", [
                        ktap.Result(True, f"{test.name} is run", skip=reason)])
    if "ends" in kernels:
        for name in trees.ends():
            planned += plan([test for test in tests if test.name in AT_ENDS],
                                     [word for word in platforms if not word.startswith("bare")],
                                     name, full)
    verdicts = boots.boot_all(planned, boots.build_kernels(planned), place)
    boots.told(writer, verdicts, place)


def main():
    """python3 -m rig.check [full]; PARTS has the parts of a full check, all by default."""
    full = "full" in sys.argv[1:]
    parts = variables.parts() if full else DAILY
    # Some of the parts say nothing of the whole, and do not take its place.
    some = parts if full and parts != variables.PARTS else ()
    platforms = variables.platforms(default="all")
    if set(platforms) != set(variables.platforms({}, "all")):
        some = (*some, *platforms)
    place = boots.results_dir("-".join(["check-full" if full else "check", *some]))
    writer = ktap.Writer()
    steps = [(("units",), lambda: units(writer)),
             (("static",), lambda: static(writer, full)),
             (("mutants",), lambda: mutants(writer, full)),
             (("ours", "base", "ends"), lambda: boot(writer, place, full, parts)),
             (("kunit",), lambda: kunit.all_of(writer, place / "kunit"))]
    for names, step in steps:
        name = " ".join(name for name in names if name in parts)
        if not name:
            continue
        start = time.monotonic()
        try:
            step()
        except Exception as err:  # pylint: disable=broad-except
            # One broken step must neither hide the others' results nor pass.
            known = isinstance(err, RigError)
            words = str(err) if known else traceback.format_exc()
            say(f"check: {name}: {words}")
            writer.group(name, [ktap.Result(False, f"{name} could be run", notes=[
                f"why: {line}" for line in words.splitlines()[:30]])])
        say(f"check: {name}: {time.monotonic() - start:.0f} s")
    sys.exit(boots.finish(writer, place))


if __name__ == "__main__":
    main()
