"""A Xen kernel has dma_map_ops for virtio with grants only.

Configurations, no objects: with XEN_VIRTIO, which shows that the other answer is seen,
and without. Arm's own IOMMU code (ARM_DMA_USE_IOMMU) and x86's GART are off in both."""
from pathlib import Path

from rig.static.build import kbuild, source, targets
from rig.static.build.ctx import recall

WITH = "CONFIG_XEN_VIRTIO=y"
WITHOUT = "CONFIG_XEN_VIRTIO=n"
OPS = ("CONFIG_ARCH_HAS_DMA_OPS", "CONFIG_XEN_GRANT_DMA_OPS")
#: without these there is nothing to find
XEN = {"CONFIG_XEN", "CONFIG_SWIOTLB_XEN", "CONFIG_DMA_MADDR"}
#: selects ARM_DMA_USE_IOMMU on arm
NOT_ON_ARM = "CONFIG_ARM_SMMU=y\n"


def fragment(arch, virtio):
    """The configuration of a Xen kernel with or without XEN_VIRTIO."""
    text = kbuild.configuration(arch, "on")
    if arch == "arm":
        text = text.replace(NOT_ON_ARM, "")
    return text if virtio else text.replace(WITH, WITHOUT)


def verdict(virtio, config):
    """(ok, detail) of the text of a .config."""
    have = targets.options(config)
    missing = sorted(XEN - have)
    if missing:
        return False, "%s is not set" % ", ".join(missing)
    wrong = [name for name in OPS if (name in have) != virtio]
    return not wrong, "\n".join("%s is %sset" % (name, "not " * virtio)
                                for name in wrong)


def run(ctx):
    """Yield (name, ok, detail)."""
    key = kbuild.key(ctx, Path(__file__), source.git(ctx.tree, "rev-parse", "patched^{tree}"))
    yield from recall(ctx, "dmaops", key, lambda: _run(ctx))


def _run(ctx):
    src = source.at(ctx, "patched")
    for arch in ctx.arches:
        build = kbuild.Build(ctx, arch, "o-dmaops-" + arch, "")
        for virtio in (True, False):
            build.fragment = fragment(arch, virtio)
            wrong = build.configure(src)
            config = (build.out / ".config").read_text("utf-8")
            name = "dmaops: %s, %s: %s dma_map_ops" % (
                arch, WITH if virtio else WITHOUT, "with" if virtio else "no")
            ok, detail = verdict(virtio, config)
            yield name, ok and not wrong, "\n".join(wrong + [detail])
