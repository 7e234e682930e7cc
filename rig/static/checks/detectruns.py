"""Whether a domain's devices need machine addresses: the decision and what the log says of
it, in user space, for all kinds of domains."""
from pathlib import Path

from rig.static.build import source
from rig.static.checks import pvdma

FILE = "drivers/xen/swiotlb-xen.c"
PROGRAM = Path(__file__).with_suffix(".c")


def run(ctx):
    """Yield (name, ok, detail)."""
    place = ctx.scratch / "detectruns"
    place.mkdir(parents=True, exist_ok=True)
    text = (source.at(ctx, "patched") / FILE).read_text("utf-8")
    yield "detectruns: each kind of domain is known", *pvdma.run_whole(
        place, PROGRAM, Path(FILE).name, text)
