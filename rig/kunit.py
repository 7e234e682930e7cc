"""The series' KUnit tests by the kernel's own kunit.py: QEMU, no Xen, two CPUs.

What looks for faults in memory and locking is on, where the arch has it.
"""
import json
import os
import subprocess
import sys
from dataclasses import dataclass

from rig import boots
from rig.common.arches import ARCHES
from rig.common.error import RigError
from rig.common.progress import Progress
from rig.common.tell import say
from rig.fetch import qemu
from rig.kernels import kernel, trees
from rig.verdict import ktap, logcheck

P2M = "arch/arm/xen"      # holds a .kunitconfig, as does
SWIOTLB = "kernel/dma"
EMULATOR = """#!/bin/sh
for word do
	shift
	[ "$word" != kvm ] || word=tcg
	set -- "$@" "$word"
done
exec %s "$@"
"""
LIMIT = 7200              # seconds, a build from nothing included
COMMON = ("SMP=y", "DEBUG_KERNEL=y", "PREEMPT=y")
FAULTS = ("FAULT_INJECTION=y", "FAILSLAB=y", "FAIL_PAGE_ALLOC=y")
LOCKDEP = ("PROVE_LOCKING=y", "PROVE_RCU=y", "DEBUG_ATOMIC_SLEEP=y")


@dataclass(frozen=True)
class Case:
    """One kernel to build and run."""

    name: str
    arch: str
    kconfig: tuple
    config: str = P2M

    @property
    def target(self):
        """QEMU's name for the arch."""
        return ARCHES[self.arch].qemu


CASES = (Case("arm64-kasan", "arm64", COMMON + LOCKDEP + ("KASAN=y", "KASAN_GENERIC=y")),
         Case("arm64-kcsan", "arm64", COMMON + ("EXPERT=y", "KCSAN=y")),
         Case("arm-kasan", "arm", COMMON + LOCKDEP + ("KASAN=y",)),
         Case("x86_64-kasan", "x86_64",
              COMMON + LOCKDEP + FAULTS + ("KASAN=y", "KASAN_GENERIC=y"), SWIOTLB))


def command(case, tree, out, result):
    """kunit.py's words."""
    cross = ARCHES[case.arch].cross
    words = [sys.executable, str(tree / "tools/testing/kunit/kunit.py"), "run",
             f"--arch={case.arch}", f"--cross_compile={cross}", f"--kunitconfig={case.config}",
             f"--build_dir={out}", f"--json={result}", "--qemu_args=-smp 2",
             "--timeout=900", f"--jobs={os.cpu_count()}",
             f"--make_options=CC=ccache-c {cross}gcc"]
    return words + [f"--kconfig_add=CONFIG_{symbol}" for symbol in case.kconfig]


def emulators(place):
    """A directory for PATH with the rig's own QEMU under the names that kunit.py calls.

    For x86 kunit.py asks for KVM first, under which a kernel may not even begin to boot
    where the machine is a guest itself: all of the rig runs under TCG."""
    place.mkdir(parents=True, exist_ok=True)
    for target in sorted({case.target for case in CASES}):
        words = " ".join(f"'{word}'" for word in qemu.command(target))
        path = place / f"qemu-system-{target}"
        path.write_text(EMULATOR % words, encoding="ascii")
        path.chmod(0o755)
    return place


def cases_of(group):
    """(name, status) of all test cases in kunit.py's JSON."""
    for case in group.get("test_cases", ()):
        yield f"{group['name']}: {case['name']}", case["status"]
    for sub in group.get("sub_groups", ()):
        yield from cases_of(sub)


def results(case, document, console, status):
    """[Result] of one run."""
    found = [ktap.Result(word == "PASS", f"{case.name}: {name}",
                         notes=[] if word == "PASS" else [f"why: {word}"])
             for name, word in cases_of(document)]
    found.append(ktap.Result(bool(found) and status == 0, f"{case.name}: kunit.py is content",
                             notes=[f"cases={len(found)} status={status}"]))
    reports = [f"why: {report.category} at line {report.line}: {report.text}"
               for report in logcheck.check(console, f"kunit-{case.arch}")]
    found.append(ktap.Result(not reports, f"{case.name}: the log is clean", notes=reports[:10]))
    return found


def run(case, place):
    """[Result] of building and running CASE; logs in PLACE."""
    tree = trees.tree("ours")
    out = tree / f".rig-kunit-{case.name}"
    result = place / f"{case.name}.json"
    path = emulators(place / "bin")
    env = kernel.environment()
    env["PATH"] = f"{path}:{env['PATH']}"
    say(f"kunit: {case.name}")
    with open(place / f"{case.name}.log", "wb") as log:
        done = subprocess.run(command(case, tree, out, result), cwd=tree, env=env,
                              timeout=LIMIT, check=False, stdin=subprocess.DEVNULL,
                              stdout=log, stderr=subprocess.STDOUT)
    document = json.loads(result.read_text("utf-8")) if result.exists() else {}
    log = out / "test.log"
    console = log.read_text("latin-1") if log.exists() else ""
    (place / f"{case.name}.console").write_text(console, encoding="latin-1")
    return results(case, document, console, done.returncode)


def all_of(writer, place, chosen=CASES):
    """A group a case."""
    place.mkdir(parents=True, exist_ok=True)
    with Progress("kunit", len(chosen), "kernels") as progress:
        for case in progress.over(chosen):
            progress.note = case.name
            writer.group(f"kunit {case.name}", run(case, place),
                         [f"log={place / case.name}.log"])


def main():
    """python3 -m rig.kunit [CASE…]"""
    chosen = [case for case in CASES if not sys.argv[1:] or case.name in sys.argv[1:]]
    place = boots.results_dir("kunit")
    writer = ktap.Writer()
    try:
        all_of(writer, place, chosen)
    except RigError as err:
        sys.exit(f"error: {err}")
    sys.exit(boots.finish(writer, place))


if __name__ == "__main__":
    main()
