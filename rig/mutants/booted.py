"""The boots that can kill a mutant: one after another, until one notices.

A kernel has the mutants of all files that a boot can reach, and `rig_mutant=N` chooses one.
Each boot is first tried without a fault: it has to pass, and tells how long it takes and
which places it comes to. Where it does not come to a mutant's place, the next one is tried.
Each test has a boot of its own, so that none waits for another that cannot notice.
"""
import re
import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from rig.mutants import kernel, needs, operators, parse, schemata, signs, table, tokens

#: the cheapest first; a test is tried on the first of them that has it
PLATFORMS = ("pv", "bare-x86_64", "arm64", "bare-arm64", "arm", "pvh")


class Interrupted(Exception):
    """A boot was stopped because the whole run is."""


@dataclass(frozen=True)
class Control:
    """What a boot without a fault took: seconds, of them CPU, the longest silence; and the
    places that it came to."""

    seconds: float
    cpu: float
    quiet: float
    visits: frozenset


@dataclass(frozen=True)
class Verdict:
    """Of a mutant: killed or not, by which boot, what that said, was its place reached?"""

    killed: bool
    by: str
    said: str
    reached: bool


def ladder(names, arches, tests):
    """[Boot] of the tests NAMES, in their order: each on the cheapest platform that it has
    of ARCHES, or on the one that a NAME@PLATFORM says. TESTS: {name: TestFile}."""
    found = []
    for name, _, only in (name.partition("@") for name in names):
        test = tests[name]
        for platform in (only,) if only else PLATFORMS:
            if platform in test.platforms and needs.PLATFORMS[platform] in arches:
                machines = [machine for machine in test.machines(platform)
                            if kernel.variant(machine.kernel) and not machine.alone]
                found += [needs.Boot(machine, [test]) for machine in machines]
                if machines:
                    break
    return found


def with_mutant(item, number):
    """The Boot with `rig_mutant=NUMBER` on the kernel's command line. In front: the words of
    a test may be for code of ours."""
    linux = f"rig_mutant={number} {item.machine.linux}".strip()
    return needs.Boot(replace(item.machine, linux=linux), item.tests)


def first_failure(verdict):
    """One line about a judge's Verdict that is no pass."""
    for _, results, _ in verdict.groups:
        for result in results:
            if not result.passed and not result.skip:
                why = next((note for note in result.notes if note.startswith("why: ")), "")
                return f"not ok: {result.name}" + (f" ({why[5:]})" if why else "")
    return "nothing was checked"


def _broken(outcome, verdict):
    """Whether the machine failed, or what it told, rather than what runs in it."""
    return outcome.problem.startswith("QEMU ended with") or "torn" in verdict.document.problem


def arch_of(item):
    """The architecture of a Boot."""
    return needs.PLATFORMS[item.machine.platform]


def _emulator(item):
    """What the boot's QEMU calls itself."""
    name = "x86_64" if arch_of(item) == "x86_64" else "aarch64"
    return needs.qemu.version(needs.qemu.command(
        name, "10" if item.machine.hypervisor == "smmu" else "7.2"))


def _xen(item):
    """The image of the boot's Xen, or an empty string."""
    if item.machine.hypervisor:
        return needs.hypervisor.xen(item.machine.hypervisor).image
    if needs.bare(item.machine.platform):
        return ""
    return needs.userland.xen_image(needs.userland.OF[arch_of(item)])


class Boots:
    """The boots of mutants of SOURCES, {path: Source}, all that can be in one kernel.
    MUTANTS(path) are those of a file."""

    def __init__(self, sources, tree, store, survey, mutants):
        self.sources, self.tree, self.store, self.survey = sources, Path(tree), store, survey
        self.mutants, self.tests = mutants, needs.boot_tests()
        self.over = threading.Event()
        self.built = needs.kept.once(self._built)
        self.input = needs.kept.once(
            lambda arch, name: needs.kernel.input_hash(arch, name, self.tree))
        self.base = needs.kept.once(lambda name: self._base(self.boots[name]))
        self.control = needs.kept.once(lambda name: self._control(self.boots[name]))
        self.boots = {}

    def ladder(self, mutant):
        """[Boot] that can kill the mutant, the cheapest first."""
        if not mutant.function:
            return []
        found = ladder(table.ROWS[mutant.path].boots, self.sources[mutant.path].arches,
                       self.tests)
        self.boots.update((item.name, item) for item in found)
        return found

    def tried(self, mutant):
        """The Verdict on a mutant; None if there is no boot for it."""
        best = None
        for item in self.ladder(mutant):
            control = self.control(item.name)
            number = control and self.number(item, mutant)
            if not number:
                continue
            verdict = self._known(item, mutant) or self._fresh(item, mutant, number, control)
            if kernel.UNLINKED in verdict.said:     # there the linker has noticed it
                continue
            if verdict.killed:
                return verdict
            if best is None or (verdict.reached and not best.reached):
                best = verdict
        return best

    def key(self, item, mutant):
        """What a verdict rests on."""
        return needs.key(self.base(item.name), mutant.path,
                         mutant.apply(self.sources[mutant.path].text))

    def _known(self, item, mutant):
        row = self.store.get(self.key(item, mutant))
        return row and Verdict(row["state"] == "killed", row["by"], row["said"], row["reached"])

    def _fresh(self, item, mutant, number, control):
        outcome = None
        if self.kernel(item)[2][number] in control.visits:
            verdict, outcome = self._run(item, mutant, number, control)
        else:
            verdict = Verdict(False, item.name, "its place is not visited", False)
        self.store.put(self.key(item, mutant), state="killed" if verdict.killed else "passed",
                       said=verdict.said, reached=verdict.reached, by=verdict.by,
                       mutant=str(mutant), seconds=outcome and round(outcome.seconds),
                       waited=outcome and round(outcome.waited))
        return verdict

    def _run(self, item, mutant, number, control):
        for _ in range(2):
            watch = signs.Signs(item.machine.platform, control, self.over)
            outcome, verdict = self._boot(item, number, watch, str(mutant))
            reached = signs.reached(outcome.console, number)
            said = watch.sign or ("" if verdict.passed else first_failure(verdict))
            # The machine here may be to blame, not the mutant: if it failed or was slow, or
            # if the fault's place was not reached. Twice is the mutant's doing.
            if not said or reached and not watch.timed and (
                    watch.sign or not _broken(outcome, verdict)):
                break
        # What kills QEMU from outside, or keeps it from starting, says nothing of a mutant.
        if re.match("QEMU ended with (-9|[0-9])", outcome.problem):
            raise needs.RigError(f"{item.name}: {outcome.problem}")
        return Verdict(bool(said), item.name, said[:200] or "passed", reached), outcome

    def _boot(self, item, number, watch, about):
        """(Outcome, judge's Verdict) of one boot. Of its directory the log stays, unless a
        mutant was killed."""
        place = needs.SCRATCH / "boots" / f"{item.name}-{number}-{time.time_ns()}"
        try:
            outcome = needs.runner.run(with_mutant(item, number), self.kernel(item)[0], place,
                                       stop=watch)
            if self.over.is_set():
                raise Interrupted
            verdict = needs.judge.judge(outcome)
            if not number or (verdict.passed and not watch.sign):
                logs = needs.SCRATCH / "logs"
                logs.mkdir(parents=True, exist_ok=True)
                (logs / f"{item.name}-{number}.log").write_text(
                    f"{about}\n{outcome.console}", "utf-8")
            return outcome, verdict
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _control(self, item):
        """The Control of a boot; None if that cannot be had here."""
        made = self.kernel(item)[0]
        try:
            lacking = item.lacking(needs.hypervisor.xen(item.machine.hypervisor)) \
                if item.machine.hypervisor else {}
            if lacking:
                raise needs.RigError("; ".join(lacking.values()))
            key = needs.key(self.base(item.name), "control", made.image)
        except needs.RigError as err:
            needs.say(f"mutants: {item.name} is left out: {err}")
            return None
        row = self.store.get(key) or self._measured(item, key, last=False) or \
            self._measured(item, key, last=True)
        return Control(row["seconds"], row["cpu"], row["quiet"], frozenset(row["visits"]))

    def _measured(self, item, key, last):
        """What is kept of a boot without a fault. One that fails is tried once more."""
        watch = signs.Signs(item.machine.platform, None, self.over)
        outcome, verdict = self._boot(item, 0, watch, "without a fault")
        if watch.sign or not verdict.passed:
            words = (f"{item.name} does not pass without a fault: "
                     f"{watch.sign or first_failure(verdict)}")
            if last:
                raise needs.RigError(words)
            needs.say(f"mutants: {words}; once more")
            return None
        visits = signs.visits(outcome.console)
        needs.say(f"mutants: {item.name} passes without a fault in {outcome.seconds:.0f} s, "
                  f"{outcome.cpu:.0f} s of CPU, and comes to {len(visits)} places")
        return self.store.put(key, seconds=outcome.seconds - outcome.waited, cpu=outcome.cpu,
                              quiet=watch.quiet, visits=visits)

    def kernel(self, item):
        """(Kernel, {mutant: number}, {number: place}) of a boot."""
        return self.built(arch_of(item), kernel.variant(item.machine.kernel))

    def number(self, item, mutant):
        """The mutant's number in the boot's kernel; None if it is not there."""
        return self.kernel(item)[1].get(mutant)

    def _built(self, arch, name):
        paths = [path for path, source in self.sources.items()
                 if table.ROWS[path].boots and arch in source.arches]
        pairs = kernel.numbered([mutant for path in paths for mutant in self.mutants(path)])
        fit = {mutant for path in paths
               for mutant in self.survey.fit(path, self.mutants(path), arch)}
        pairs = [pair for pair in pairs if pair[1] in fit]
        key = needs.key("kernel 2", self.input(arch, name), Path(kernel.__file__),
                        *(mutant for _, mutant in pairs))
        known = self.store.get(key) or {"bad": [], "lacking": []}
        lacking = set(known["lacking"])
        made, left = kernel.build(arch, name, self.tree,
                                  {path: self.sources[path].text for path in paths},
                                  [pair for pair in pairs if pair[0] not in known["bad"]],
                                  lacking)
        bad = {number for number, _ in pairs} - {number for number, _ in left}
        if (bad, lacking) != (set(known["bad"]), set(known["lacking"])):
            self.store.put(key, bad=sorted(bad), lacking=sorted(lacking))
        return made, {mutant: number for number, mutant in left}, schemata.places(left)

    def _base(self, item):
        """The key of what all verdicts of a boot rest on: the kernel's sources as they are
        without a fault and its configuration, Xen, QEMU, the test, and how it is judged."""
        guest = [path for path in sorted(needs.GUEST.rglob("*"))
                 if path.is_file() and path.relative_to(needs.GUEST).parts[0] in
                 ("init", "lib", "lib.sh", "programs")]
        ours = [Path(module.__file__) for module in
                (kernel, operators, parse, schemata, signs, tokens, needs.judge, needs.logcheck)]
        return needs.key(
            "boot 1", self.input(arch_of(item), kernel.variant(item.machine.kernel)),
            item.machine, *(test.path for test in item.tests), *guest, *ours,
            needs.paths.RIG / "known-noise", _xen(item), _emulator(item))
