"""From a boot that is over to results: what the guest said, what the host found.

A boot has passed only if the end mark of this run came, QEMU ended by itself,
the log is clean, and what the guest wrote stands in the image.
"""
import re
from dataclasses import dataclass, field

from rig.common.arches import PLATFORMS
from rig.kernels import kernel
from rig.machine.runner import Outcome
from rig.verdict import ktap, logcheck, written


@dataclass
class Verdict:
    """A boot's groups of results (name, [Result], notes), and the guest's document."""

    outcome: object
    document: ktap.Document
    groups: list = field(default_factory=list)

    @property
    def passed(self):
        """Whether all went well, and something was checked at all."""
        results = [result for _, group, _ in self.groups for result in group]
        return (any(result.passed for result in results)
                and not any(not result.passed and not result.skip for result in results))

    @property
    def word(self):
        """The same for a person."""
        if all(result.skip for _, group, _ in self.groups for result in group):
            return "skipped"
        return "passed" if self.passed else "FAILED"


def _test_results(test, subtest, reason, images, platform):
    """(results, notes) of one test file."""
    results = list(subtest.results)
    for note in subtest.notes:
        if note.startswith("host-verify"):
            results.append(written.verify(note, images))
    if not results:
        return [ktap.Result(False, f"{test.name} checks something")], subtest.notes
    if not reason:
        return results, subtest.notes
    # One that broke off has not come to what is to fail.
    broke_off = tuple(f"{test.name} {how}" for how in ("ran to its end", "ended in time"))
    failed = [result for result in results if not result.passed and not result.skip and
              result.name not in broke_off]
    notes = [f"expected: {reason}"]
    notes += [f"failed as expected: {result.name}" for result in failed]
    name = f"{test.name} fails as it must"
    held = [words for words in test.failing(platform)
            if not any(re.search(words, result.name) for result in failed)]
    return [ktap.Result(not held, name, notes=[f"why: '{words}' held" for words in held])], notes


def _log_results(outcome, excused):
    boot = outcome.boot
    noise = logcheck.known_noise()
    if any(test.flag("faults", boot.machine.platform) for test in boot.tests):
        noise += (logcheck.IOMMU_FAULTS,)
    reports = logcheck.check(outcome.console, boot.machine.platform, noise)
    if not reports:
        return [ktap.Result(True, "the log is clean")]
    notes = [f"{report.category} at line {report.line}: {report.text}"
             for report in reports[:10]]
    if excused:
        return [ktap.Result(True, "the end of a log that a failing test may soil",
                            skip=f"{len(reports)} reports: {notes[0]}")]
    return [ktap.Result(False, "the log is clean", notes=[f"why: {note}" for note in notes])]


def _skipped(item, reasons):
    """Groups of the tests in REASONS, {name: why it is not run}."""
    return [(f"{item.name}: {name}", [ktap.Result(False, f"{name} is run", skip=why)],
             [f"variant={item.machine.kernel}"]) for name, why in reasons.items()]


def not_booted(item, problem="", skipped=()):
    """The Verdict of a boot that could not be made: its tests are SKIPPED, {name: reason},
    or fail for PROBLEM."""
    outcome = Outcome(item, "", "", None, 0, 0, problem=problem)
    verdict = Verdict(outcome, ktap.Document(problem=problem))
    verdict.groups += _skipped(item, dict(skipped))
    for test in item.tests:
        if test.name not in skipped:
            verdict.groups.append((f"{item.name}: {test.name}", [
                ktap.Result(False, f"{test.name} ran",
                            notes=[f"why: {line}" for line in problem.splitlines()[:20]])],
                [f"variant={item.machine.kernel}"]))
    return verdict


def _lockdep_results(machine, document, excused):
    """Whether lockdep, where the kernel has it, looked on to the end."""
    arch = PLATFORMS[machine.platform]
    if kernel.symbols_of(arch, machine.kernel).get("CONFIG_PROVE_LOCKING") != "y":
        return []
    name = "lockdep is on to the end"
    said = [ktap.pairs(fact)["lockdep"] for fact in document.facts
            if "lockdep" in ktap.pairs(fact)]
    if said == ["1"]:
        return [ktap.Result(True, name)]
    if excused:
        return [ktap.Result(True, name, skip="a failing test may end it")]
    return [ktap.Result(False, name, notes=[f"why: debug_locks is {said or 'not told'}"])]


def judge(outcome, skipped=()):
    """The Verdict of an Outcome; SKIPPED: {name: reason} of tests that were left out."""
    machine = outcome.boot.machine
    document = ktap.read(outcome.console, outcome.nonce)
    verdict = Verdict(outcome, document, _skipped(outcome.boot, dict(skipped)))
    said = {subtest.name: subtest for subtest in document.subtests}
    excused = False
    for test in outcome.boot.tests:
        reason = test.must_fail(machine.platform, machine.kernel)
        excused = excused or bool(reason)
        name = f"{outcome.boot.name}: {test.name}"
        if document.done and test.name in said:
            results, notes = _test_results(test, said[test.name], reason, outcome.images,
                                            machine.platform)
        else:
            # A guest that died is no proof of anything, not even for a control.
            results = [ktap.Result(False, f"{test.name} ran", notes=[
                f"why: {document.problem or outcome.problem or 'not in the verdict'}"])]
            notes = []
        verdict.groups.append((name, results, notes))
    whole = [ktap.Result(document.done and not document.problem, "the verdict came whole",
                         notes=[f"why: {document.problem}"] if document.problem else []),
             ktap.Result(not outcome.problem, "the guest powered off by itself",
                         notes=[f"why: {outcome.problem}"] if outcome.problem else [])]
    verdict.groups.append((f"{outcome.boot.name}: boot",
                           whole + _log_results(outcome, excused)
                           + _lockdep_results(machine, document, excused),
                           document.facts + [f"qemu={outcome.qemu}"] * bool(outcome.qemu)
                           + [f"variant={machine.kernel}", f"seconds={outcome.seconds:.0f}",
                              f"cpu_seconds={outcome.cpu:.0f}",
                              f"log={outcome.log}"]))
    return verdict
