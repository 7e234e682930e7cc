"""The hooks of dma-direct for a PV domain, in user space, against a model: each address is
converted as the tables say, and Xen is asked for memory when that is due, and no more."""
import re
import subprocess
from pathlib import Path

from rig.static.build import source
from rig.static.checks import iovaruns

FILE = "arch/x86/xen/dma.c"
#: {file: functions that are cut out of it}
CUTS = {"arch/x86/include/asm/dma-maddr.h": ("arch_phys_to_maddr",),
        "arch/x86/xen/p2m.c": ("xen_contiguous_len",),
        "arch/x86/xen/mmu_pv.c": ("xen_exchange_extent",)}
PROGRAM = Path(__file__).with_suffix(".c")
#: an index that is one too high is noticed
COMPILER = ("gcc", "-O1", "-fsanitize=bounds", "-fno-sanitize-recover=all")
LIMIT = 120               # seconds, of a machine with other work


def words(place, program):
    """The compiler's command for a PROGRAM that includes what is in PLACE."""
    return [*COMPILER, "-I", str(place), "-o", str(place / "tests"), str(program)]


def headers(place, text, *names):
    """An empty file in PLACE for each header that TEXT includes, and for NAMES."""
    for name in (*names, *re.findall(r"^#include <(.+)>", text, re.M)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()


def fill(place, cuts, whole, texts):
    """functions.h with CUTS, {file: functions}, and WHOLE headers, {file: its name}, in PLACE.
    What these include is empty. TEXTS, {file: its text}, has all of them."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "functions.h").write_text("\n".join(
        iovaruns.cut(texts[path], functions) for path, functions in cuts.items()), "utf-8")
    copy(place, whole, texts)


def copy(place, whole, texts):
    """Headers as they are, for fill()."""
    for path, name in whole.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(texts[path], "utf-8")
        for near in re.findall(r'^#include "(.+)"', texts[path], re.M):
            (place / name).with_name(near).touch()
        headers(place, texts[path])


def run_whole(place, program, name, text):
    """(does it pass, what it says) of a PROGRAM that includes a whole file, TEXT, as NAME."""
    (place / name).write_text(text, "utf-8")
    headers(place, text, "xen-ops.h")
    built = subprocess.run(words(place, program), capture_output=True, text=True,
                           timeout=LIMIT, check=False)
    if built.returncode:
        return False, built.stderr[:2000]
    done = subprocess.run([str(place / "tests")], capture_output=True, text=True,
                          timeout=LIMIT, check=False)
    return not done.returncode, done.stdout + done.stderr


def attempt(place, texts):
    """The same for TEXTS, {file: its text}."""
    fill(place, CUTS, {}, texts)
    return run_whole(place, PROGRAM, "dma.c", texts[FILE])


def run(ctx):
    """Yield (name, ok, detail)."""
    tree = source.at(ctx, "patched")
    texts = {path: (tree / path).read_text("utf-8") for path in (FILE, *CUTS)}
    yield "pvdma: addresses and exchanges are as the model has them", *attempt(
        ctx.scratch / "pvdma", texts)
