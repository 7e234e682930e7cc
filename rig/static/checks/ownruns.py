"""A PV dom0 whose devices access its own frames, in user space: what each answer of Xen's
leads to, and where a page then is for devices."""
from pathlib import Path

from rig.static.build import source
from rig.static.checks import pvdma

FILE = "arch/x86/xen/own-frames.c"
#: {file: functions that are cut out of it}
CUTS = {"arch/x86/include/asm/dma-maddr.h": ("arch_maddr_same", "arch_phys_to_maddr"),
        "arch/x86/xen/dma.c": ("xen_dma_enable", "xen_phys_to_maddr_slow",
                               "arch_maddr_contiguous")}
#: {header that is taken whole: its name for those who include it}
HEADERS = {"include/xen/interface/pv-iommu.h": "xen/interface/pv-iommu.h"}
PROGRAM = Path(__file__).with_suffix(".c")


def run(ctx):
    """Yield (name, ok, detail)."""
    tree, place = source.at(ctx, "patched"), ctx.scratch / "ownruns"
    texts = {path: (tree / path).read_text("utf-8") for path in (FILE, *CUTS, *HEADERS)}
    pvdma.fill(place, CUTS, HEADERS, texts)
    yield "ownruns: each page is where devices find it", *pvdma.run_whole(
        place, PROGRAM, Path(FILE).name, texts[FILE])
