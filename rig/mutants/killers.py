"""The programs in user space that can kill a mutant: each builds sources of the kernel
into a test that the rig has anyway, and runs it.

One build has all mutants of a file. A run is limited by the processor's time that it
takes, not by the clock: the machine may have other work. What sleeps and goes on sleeping
has come to its end as well.
"""
import contextlib
import math
import os
import resource
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rig.mutants import needs, parse, schemata, tokens

headers = needs.pvdma.headers
BUILD_LIMIT = 600         # seconds of a processor
MEMORY = 4 << 20          # KiB of addresses that a run may have
ASLEEP = 20               # seconds that a run may sleep
LOOK = 2                  # seconds between two looks at whether it does
#: what a kernel's build has as errors
ERRORS = ["-Wno-all", "-Werror=int-conversion", "-Werror=incompatible-pointer-types"]


@dataclass
class Verdict:
    """Of a run: was the mutant noticed, what was said, was its place reached?"""

    killed: bool
    said: str
    reached: bool


class Killer:
    """A test of some files. Subclasses say how the program is built and when it passes."""

    name = ""
    files = ()                # paths in the kernel that it takes
    extra = ()                # its own sources
    others = ()               # paths that it takes and that are not tried

    def covers(self, mutant):
        """Is the mutant in what the program has of the file?"""
        return mutant.path in self.files

    def digest(self, texts):
        """What a verdict rests on besides the mutant."""
        parts = [self.name, needs.compiler_version(), *(texts[path] for path in self.files),
                 *sorted(self.extra), *(Path(module.__file__) for module in
                                        (parse, schemata, tokens)), Path(__file__)]
        parts += [texts[path] for path in self.others]
        return needs.key(*parts)

    def write(self, place, texts, numbered):
        """The sources in PLACE; NUMBERED is [(number, Mutant)] of one file."""
        raise NotImplementedError

    def words(self, place):
        """The compiler's command."""
        raise NotImplementedError

    def passes(self, code, said):
        """Is this how the program ends when nothing is wrong?"""
        return code == 0

    def compile(self, place, texts, numbered):
        """None, or what the compiler says."""
        self.write(place, texts, numbered)
        done = subprocess.run(["sh", "-c", f"ulimit -t {BUILD_LIMIT}; exec "
                               + shlex.join(self.words(place))], cwd=place, text=True,
                              env=needs.plain_environment(), capture_output=True, check=False)
        return done.stderr if done.returncode else None

    def build(self, place, texts, numbered):
        """(mutants that compile, numbers that do not) once PLACE has the program."""
        place.mkdir(parents=True, exist_ok=True)
        left, bad, said = schemata.compiling(
            numbered, lambda some: self.compile(place, texts, some))
        if not left:
            # measure() runs the source as it is, which nothing has built.
            said = said or self.compile(place, texts, [])
        if said:
            raise needs.RigError(f"{self.name}: {said[:2000]}")
        return left, bad

    def run(self, place, number=0, cpu=120):
        """The Verdict on a mutant; CPU is how many seconds of a processor it may take."""
        reached = place / f"reached-{number}"
        # A mutant may allocate without end, or print.
        command = (f"ulimit -t {cpu}; ulimit -c 0; ulimit -v {MEMORY}; exec ./tests "
                   f"3>{shlex.quote(reached.name)}")
        env = dict(needs.plain_environment(), RIG_MUTANT=str(number))
        with subprocess.Popen(["sh", "-c", command], cwd=place, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              errors="replace", start_new_session=True) as child:
            said, code = _end(child)
        was_reached = reached.exists() and reached.stat().st_size > 0
        reached.unlink(missing_ok=True)
        good = code is not None and self.passes(code, said)
        return Verdict(not good, _words(code, said, self), was_reached)

    def measure(self, place):
        """How much time of a processor a mutant gets; the source as it is must pass."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        verdict = self.run(place)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if verdict.killed:
            raise needs.RigError(f"{self.name} does not pass on the source as it is: "
                              f"{verdict.said}")
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return max(2, math.ceil(3 * used))


def _end(child):
    """(what it said, how it ended) of a program; None for how if it would sleep for ever."""
    asleep = 0
    while True:
        try:
            said, _ = child.communicate(timeout=LOOK)
            return said, child.returncode
        except subprocess.TimeoutExpired:
            asleep = 0 if runs(child.pid) else asleep + LOOK
        if asleep >= ASLEEP:
            os.killpg(child.pid, signal.SIGKILL)
            return child.communicate()[0], None


def runs(pid):
    """Does any thread of a process run, or wait for a processor?"""
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            if stat.read_text("utf-8", "replace").rpartition(")")[2].split()[0] in "RDZX":
                return True
        except (OSError, IndexError):
            continue
    return False


def _words(code, said, killer):
    """One line about a run."""
    if code is None:
        return "does not end"
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU, -signal.SIGKILL):
        return "takes too long"
    if killer.passes(code, said):
        return "passed"
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("ok ")]
    words = lines[0][:160] if lines else ""
    return f"signal {-code}: {words}" if code < 0 else words or f"ended with {code}"


def with_mutants(texts, numbered):
    """TEXTS with the mutants of the one file that has some; a mutant of a macro is alone."""
    if not numbered:
        return texts
    path = numbered[0][1].path
    if not numbered[0][1].function:
        return dict(texts, **{path: numbered[0][1].apply(texts[path])})
    return dict(texts, **{path: schemata.source(texts[path], numbered, schemata.USER)})


class P2m(Killer):
    """The Arm p2m, with the harness or with its KUnit cases."""

    files = (needs.p2m.C, needs.p2m.H)

    def __init__(self, suite):
        self.suite, self.name = suite, f"p2m-{suite}"
        self.others = [path for path in needs.p2m.SOURCES if path not in self.files]
        self.extra = [path for path in needs.p2m.HERE.iterdir()
                      if path.stem in ("kernel", suite)]

    def write(self, place, texts, numbered):
        needs.p2m.prepare(place, with_mutants(texts, numbered))

    def words(self, place):
        return [*(word for word in needs.p2m.CC if word != "-w"), *ERRORS, f"{self.suite}.c",
                "-o", "tests"]

    def passes(self, code, said):
        return code == 0 and said.strip() == "passed"


class Contig(Killer):
    """What is remembered of contiguous memory, by the guest's own test."""

    name, files = "contig", (needs.contigruns.FILE,)
    test = needs.REPO / needs.contigruns.TEST
    extra = (test, needs.contigruns.HERE / "kernel.h")

    def write(self, place, texts, numbered):
        text = with_mutants(texts, numbered)[self.files[0]]
        (place / "contiguous.c").write_text(text, "utf-8")
        headers(place, text + self.test.read_text("utf-8"), "xen-ops.h")

    def words(self, place):
        return ["gcc", "-std=gnu11", "-O1", *ERRORS, "-pthread", "-include",
                str(self.extra[1]), "-I", str(place), "-o", "tests", str(self.test)]

    def passes(self, code, said):
        lines = said.splitlines()
        return code == 0 and bool(lines) and all(line.startswith("ok ") for line in lines)


class Maint(Killer):
    """arch/arm/xen/dma.c, where cache maintenance can fault."""

    name, files = "maint", ("arch/arm/xen/dma.c",)
    extra = tuple(needs.MAINT / name for name in ("main.c", "shim.h", "expected"))

    def write(self, place, texts, numbered):
        text = with_mutants(texts, numbered)[self.files[0]]
        (place / "dma.c").write_text(text, "utf-8")
        headers(place, text)

    def words(self, place):
        return ["gcc", "-O1", *ERRORS, "-I", str(place), "-include",
                str(self.extra[1]), "-o", "tests", str(self.extra[0])]

    def passes(self, code, said):
        return code == 0 and said == self.extra[2].read_text("utf-8")


class Cut(Killer):
    """Functions cut out of files, for a program that includes them as functions.h."""

    def __init__(self, name, program, cuts):
        self.name, self.program, self.cuts = name, program, dict(cuts)
        self.files, self.extra = tuple(self.cuts), (program,)

    def covers(self, mutant):
        return mutant.function in self.cuts.get(mutant.path, ())

    def write(self, place, texts, numbered):
        parts = [schemata.USER]
        for path, functions in self.cuts.items():
            mine = [pair for pair in numbered if pair[1].path == path]
            changed = {function.name: text for function, text in
                       schemata.expansions(texts[path], mine)}
            parts += [changed.get(name) or needs.iovaruns.cut(texts[path], (name,))
                      for name in functions]
        (place / "functions.h").write_text("\n".join(parts), "utf-8")

    def words(self, place):
        return [*needs.pvdma.COMPILER, *ERRORS, "-I", str(place), "-o", "tests",
                str(self.program)]


class Whole(Cut):
    """A whole file, for a program that includes it; functions of others; WHOLE headers."""

    def __init__(self, name, program, file, cuts=(), whole=()):
        super().__init__(name, program, cuts)
        self.file, self.files = file, (file, *self.cuts)
        self.whole, self.others = dict(whole), tuple(whole)

    def covers(self, mutant):
        return mutant.path == self.file or super().covers(mutant)

    def write(self, place, texts, numbered):
        super().write(place, texts, numbered)
        text = with_mutants(texts, [pair for pair in numbered if pair[1].path == self.file])
        (place / Path(self.file).name).write_text(text[self.file], "utf-8")
        needs.pvdma.copy(place, self.whole, texts)
        headers(place, text[self.file], "xen-ops.h")


def killers():
    """{name: Killer} of all programs."""
    iova, lists, detect = needs.iovaruns, needs.framelist, needs.detectruns
    pvdma, own, ask = needs.pvdma, needs.ownruns, needs.askruns
    every = [P2m("harness"), P2m("kunit"), Contig(), Maint(),
             Cut("iovaruns", needs.CHECKS / "iovaruns.c",
                 {iova.FILE: iova.FUNCTIONS, iova.ARM_FILE: iova.ARM_FUNCTIONS}),
             Cut("framelist", needs.CHECKS / "framelist.c",
                 {lists.FILE: ("alloc_discontig_frames",)}),
             Whole("pvdma", pvdma.PROGRAM, pvdma.FILE, pvdma.CUTS),
             Whole("ownruns", own.PROGRAM, own.FILE, own.CUTS, own.HEADERS),
             Cut("askruns", ask.PROGRAM, ask.CUTS),
             Whole("detectruns", detect.PROGRAM, detect.FILE)]
    return {killer.name: killer for killer in every}


def texts_of(tree, killer):
    """{path: text} of all that the program takes of the kernel."""
    wanted = [*killer.files, *killer.others]
    return {path: (Path(tree) / path).read_text("utf-8") for path in wanted}


@contextlib.contextmanager
def place_for(killer, path):
    """An empty directory for a program and a file, as long as it is wanted."""
    needs.SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{killer.name}-{Path(path).name}-",
                                     dir=needs.SCRATCH) as place:
        yield Path(place)
