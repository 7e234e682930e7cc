"""What is remembered of contiguous memory, in user space: the guest's own test of it,
contigtest, passes on the source as it is, and fails with any one of MUTANTS."""
import re
import subprocess
from pathlib import Path

from rig.common.error import RigError
from rig.static.build import source

FILE = "arch/x86/xen/contiguous.c"
TEST = "rig/guest/modules/contigtest.c"
HERE = Path(__file__).parent / "contig"
LIMIT = 120               # seconds, of a machine with other work

#: what is done to the source: (name, text, what takes its place)
MUTANTS = (
    ("a change of an entry is not noticed",
     "		if (!state_outdated(state, pfn))\n			return;\n", "		return;\n"),
    ("two blocks are not compared where they meet",
     "		if (!block_contiguous(block, pfn, end) ||\n"
     "		    !frames_contiguous(end, end + 1))\n",
     "		if (!block_contiguous(block, pfn, end))\n"),
    ("the version does not grow",
     "&state,\n				     (state & ~BLOCK_STATE) + BLOCK_VERSION)",
     "&state,\n				     state & ~BLOCK_STATE)"),
    ("a comparison under way is not stopped",
     "	if (state & BLOCK_WALKED)\n		return true;\n", ""),
    ("a comparison is not announced", "int walked = state | BLOCK_WALKED;",
     "int walked = state;"),
    ("a gap is never forgotten", "		return gap_closed(pfn);\n", "		return false;\n"),
    ("a gap is always forgotten", "		return gap_closed(pfn);\n", "		return true;\n"),
    ("a step ends a frame early", "end = min(end, first + STEP_FRAMES);",
     "end = min(end, first + STEP_FRAMES - 1);"),
    ("a change at the end of what is known is not noticed",
     "pfn % BLOCK_FRAMES <= state * STEP_FRAMES", "pfn % BLOCK_FRAMES < state * STEP_FRAMES"),
    ("a word changes though nothing was known", "	return state && pfn % BLOCK_FRAMES <=",
     "	return pfn % BLOCK_FRAMES <="),
    ("a change beyond what is known forgets it",
     "	return state && pfn % BLOCK_FRAMES <= state * STEP_FRAMES;", "	return state;"),
    ("nothing is forgotten at a restore",
     "	for (block = 0; block < nr_blocks; block++)\n		atomic_set",
     "	for (block = nr_blocks; block < nr_blocks; block++)\n		atomic_set"),
    ("a gap is not remembered", "| BLOCK_SCATTERED;", "| 0;"),
    ("nothing is learned of a whole block", "| BLOCK_CONTIGUOUS;", "| 0;"),
)


def mutated(text, old, new):
    """TEXT with OLD replaced, which must be there once."""
    if text.count(old) != 1:
        raise RigError("not one place to mutate: %s" % old)
    return text.replace(old, new)


def attempt(place, test, text):
    """(does it build, does it pass, what it says) with TEXT as the source."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "contiguous.c").write_text(text, "utf-8")
    for name in ["xen-ops.h"] + re.findall(r"^#include <(.+)>", text + test.read_text("utf-8"),
                                           re.M):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("", "ascii")
    built = subprocess.run(
        ["gcc", "-std=gnu11", "-O1", "-w", "-pthread", "-include", str(HERE / "kernel.h"),
         "-I", str(place), "-o", str(place / "contigtest"), str(test)],
        capture_output=True, text=True, timeout=LIMIT, check=False)
    if built.returncode:
        return False, False, built.stderr[:2000]
    try:
        done = subprocess.run([str(place / "contigtest")], capture_output=True, text=True,
                              timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return True, False, "has not ended after %d s" % LIMIT
    wrong = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    if done.returncode:
        wrong.append("ended with %d" % done.returncode)
    return True, bool(done.stdout) and not wrong, "\n".join(wrong)


def run(ctx):
    """Yield (name, ok, detail)."""
    place, test = ctx.scratch / "contigruns", ctx.repo / TEST
    text = (source.at(ctx, "patched") / FILE).read_text("utf-8")
    _, passed, said = attempt(place, test, text)
    yield "contigruns: each answer is right", passed, said
    if not passed:
        return
    for name, old, new in MUTANTS:
        built, passed, said = attempt(place, test, mutated(text, old, new))
        yield "contigruns: it is seen if " + name, built and not passed, said
