"""What drivers do with the answers of the DMA API, in user space: the size of a GPU's segments,
where its pages come from, and whether virtio is given DMA addresses."""
from pathlib import Path

from rig.static.build import source
from rig.static.checks import iovaruns, pvdma

#: {file: functions that are cut out of it}
CUTS = {"kernel/dma/mapping.c": ("dma_unbounced_mapping_size",),
        "drivers/gpu/drm/drm_cache.c": ("drm_need_swiotlb",),
        "drivers/gpu/drm/i915/i915_scatterlist.h": ("i915_sg_segment_size",),
        "drivers/gpu/drm/virtio/virtgpu_drv.h": ("virtio_gpu_use_dma_api",),
        "drivers/gpu/drm/xe/xe_bo.h": ("xe_sg_segment_size",),
        "drivers/virtio/virtio_ring.c": ("vring_use_map_api",)}
PROGRAM = Path(__file__).with_suffix(".c")


def run(ctx):
    """Yield (name, ok, detail)."""
    tree, place = source.at(ctx, "patched"), ctx.scratch / "askruns"
    pvdma.fill(place, CUTS, {}, {path: (tree / path).read_text("utf-8") for path in CUTS})
    text = (place / "functions.h").read_text("utf-8")
    _, passed, said = iovaruns.attempt(place, PROGRAM, text)
    yield "askruns: drivers follow what the DMA API says", passed, said
