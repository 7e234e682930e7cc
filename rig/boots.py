"""What the verbs have in common: kernels for boots, the boots, and where results go."""
import concurrent.futures
import os
import shutil
import traceback
from pathlib import Path

from rig import variables
from rig.common import paths
from rig.common.arches import PLATFORMS
from rig.common.error import RigError
from rig.common.git import Git
from rig.common.progress import Progress
from rig.common.tell import say
from rig.kernels import hypervisor, kernel, trees
from rig.machine import runner
from rig.machine.boot import Boot
from rig.verdict import judge, summary

RESULTS = paths.BUILD / "results"
TESTS = paths.RIG / "guest" / "tests"
# Above this much memory, in MiB, that nothing uses, two machines boot at a time.
TWO_BOOTS = 7000


def jobs():
    """How many machines may run at a time."""
    wanted = variables.jobs()
    if wanted:
        return wanted
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        free = int(text.split("MemAvailable:")[1].split()[0]) // 1024
    except (OSError, IndexError, ValueError):
        return 1
    return 2 if free > TWO_BOOTS and (os.cpu_count() or 1) > 1 else 1


def build_kernels(boots):
    """{(arch, variant): Kernel} of all that the boots want; what cannot be built is
    said, and fails the boots that want it."""
    built = {}
    wanted = dict.fromkeys((PLATFORMS[item.machine.platform], item.machine.kernel)
                           for item in boots)
    with Progress("kernels", len(wanted)) as progress:
        for arch, variant in progress.over(wanted):
            try:
                built[arch, variant] = kernel.build(
                    arch, variant, trees.tree(kernel.tree_of(variant)))
            except RigError as err:
                say(f"kernel: {variant} for {arch}: {err}")
                built[arch, variant] = None
    return built


def parts(item, built):
    """(kernel, {test name: reason}) for a boot: the tests that its Xen is too old for."""
    machine = item.machine
    made = built[PLATFORMS[machine.platform], machine.kernel]
    if made is None:
        raise RigError(f"no kernel {machine.kernel}")
    return made, item.lacking(hypervisor.xen(machine.hypervisor)) if machine.hypervisor else {}


def boot_all(boots, built, directory, files=None):
    """[Verdict] of the boots, in their order."""
    names = [item.name for item in boots]
    progress = Progress("boots", len(boots))

    def one(index):
        item = boots[index]
        name = item.name if names.count(item.name) == 1 else f"{item.name}-{index}"
        say(f"boot: {name}: {', '.join(test.name for test in item.tests)}")
        verdict = attempt(item, name)
        progress.step()
        say(f"boot: {name}: {verdict.word} in {verdict.outcome.seconds:.0f} s, "
            f"{verdict.outcome.cpu:.0f} s of CPU "
            f"({progress.done} of {len(boots)})")
        for image in (verdict.outcome.images.values() if verdict.passed else ()):
            image.unlink()
        return verdict

    def attempt(item, name):
        try:
            made, skipped = parts(item, built)
            rest = [test for test in item.tests if test.name not in skipped]
            if not rest:
                return judge.not_booted(item, skipped=skipped)
            outcome = runner.run(Boot(item.machine, rest), made, directory / name,
                                  files, lambda text: say(f"  {name}: {text}") if
                                  text.startswith(("not ok", "TEST")) else None)
        except Exception as err:  # pylint: disable=broad-except
            # It fails this boot, and must not take the others' results along.
            words = str(err) if isinstance(err, RigError) else traceback.format_exc()
            say(f"  {name}: {words}")
            return judge.not_booted(item, problem=words)
        return judge.judge(outcome, skipped)

    with progress, concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        return list(pool.map(one, range(len(boots))))


def about():
    """A line: what the clone is, now that a verb begins."""
    clone = Git.of(paths.REPO)
    if clone is None:
        return "commit=unknown"
    edited = len(clone.out("status", "--porcelain").splitlines())
    return f"commit={clone.commit('HEAD')} edited={edited}"


def results_dir(name):
    """A directory for what a verb finds out, which holds about() alone; the last one is kept
    as NAME.old."""
    place = RESULTS / name
    if place.exists():
        shutil.rmtree(place.with_suffix(".old"), ignore_errors=True)
        place.rename(place.with_suffix(".old"))
    place.mkdir(parents=True)
    (place / "about").write_text(about() + "\n", encoding="ascii")
    return place


def put(writer, verdicts):
    """Put the verdicts into the KTAP file."""
    for verdict in verdicts:
        for group in verdict.groups:
            writer.group(*group)


def told(writer, verdicts, place):
    """The same, and what a person reads goes into PLACE and to stdout."""
    put(writer, verdicts)
    words = summary.text(verdicts)
    (place / "summary.txt").write_text(words + "\n", encoding="utf-8")
    print(f"\n{words}\n")


def finish(writer, place):
    """Write the KTAP file and the closing lines. Returns the exit code."""
    path = place / "results.ktap"
    path.write_text(writer.text(), encoding="utf-8")
    if writer.skipped:
        print(f"{writer.skipped} skipped: neither passed nor failed")
    print(path)
    print(f"{writer.passed} passed, {writer.failed} failed", flush=True)
    return 0 if writer.passed and not writer.failed else 1
