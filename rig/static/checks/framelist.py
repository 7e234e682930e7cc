"""How the list of frames for an exchange grows while another CPU grows it, too: the
function, cut out of the source, with that CPU in the allocator. Without the fix, or with
any one of MUTANTS, it must fail."""

from pathlib import Path

from rig.static.build import source
from rig.static.checks import iovaruns

FILE = "arch/x86/xen/mmu_pv.c"
#: what is done to the function: (name, text, what takes its place)
MUTANTS = (
    ("an unused list is freed with the order of the one in use", "\t\told_order = order;\n", ""),
    ("the longer list is not kept", "order > discontig_frames_order || ", ""),
    ("the list of boot is freed", "old_array = NULL;", "old_array = discontig_frames;"),
    ("the list that was in use is not freed",
     "free_pages((unsigned long)old_array, old_order - MIN_CONTIG_ORDER);", ""),
)


def run(ctx):
    """Yield (name, ok, detail)."""
    place, program = ctx.scratch / "framelist", Path(__file__).with_suffix(".c")
    text = iovaruns.cut((source.at(ctx, "patched") / FILE).read_text("utf-8"),
                        ("alloc_discontig_frames",))
    _, passed, said = iovaruns.attempt(place, program, text)
    yield "framelist: each list is freed once, with its own order", passed, said
    for name, old, new in MUTANTS:
        built, passed, said = iovaruns.attempt(place, program,
                                               iovaruns.mutated(text, old, new))
        yield "framelist: it is seen if " + name, built and not passed, said
