"""Which tests can kill a mutant of a file: the cheapest first.

A row has the programs of user space (killers.py), and the tests that boot, of which some
run a KUnit suite. TEST@PLATFORM is a test there and not on its cheapest platform. A file
whose row has no program waits for a kernel that has its mutants in it.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """The ladder of a file."""

    user: tuple = ()
    boots: tuple = ()


_PV = ("contiguous", "dma-api", "native-io", "scattered")
_ARM = ("selfattach", "domu", "foreign-alias")
_NONCOHERENT = ("native-io-noncoherent", "selfattach-noncoherent", "domu-noncoherent", "no-map")
_SMMU = ("smmu", "smmu-native", "smmu-16k")
_BYPASS = ("bypass-property", "bypass-own", "bypass-node", "bypass-node-wait",
           "bypass-contradiction", "bypass-wrong")
_POOL = ("swiotlb-kunit", "swiotlb-size", "swiotlb-grow", "swiotlb-small", "swiotlb-high",
         "swiotlb-high-none", "swiotlb-high-size", "swiotlb-partial", "swiotlb-noforce",
         "swiotlb-malformed", "swiotlb-huge", "native-io-force", "dma-api")
_OWN = ("own-frames", "own-frames-amd", "own-virtio")
_DETECT = ("view", "no-dma-ops", "domu", "native-io", "xen-silent")

ROWS = {
    "arch/arm/include/asm/dma-maddr.h": Row(boots=("native-io", *_ARM)),
    "arch/arm64/include/asm/dma-maddr.h": Row(boots=("native-io", *_ARM)),
    "arch/arm/mm/dma-mapping.c": Row(("iovaruns",),
                                     boots=("native-io-noncoherent", "bypass-property", *_ARM)),
    "arch/arm64/mm/dma-mapping.c": Row(boots=("native-io-noncoherent", "bypass-property", *_ARM)),
    "arch/arm/mm/init.c": Row(boots=("native-io", "swiotlb-size", "swiotlb-noforce")),
    "arch/arm/xen/bypass.c": Row(boots=(*_BYPASS, "xen-smmu-bypass")),
    "arch/arm/xen/dma.c": Row(("maint",), boots=_NONCOHERENT),
    "arch/arm/xen/mm.c": Row(boots=("native-io", *_ARM)),
    "arch/arm/xen/p2m.c": Row(("p2m-harness", "p2m-kunit"), ("p2m-kunit", *_ARM)),
    "include/xen/arm/p2m.h": Row(("p2m-harness", "p2m-kunit"), ("p2m-kunit", *_ARM)),
    "include/xen/arm/dma-maddr.h": Row(boots=_ARM),
    "include/xen/arm/page.h": Row(boots=("dma-api", *_ARM)),
    "arch/x86/include/asm/dma-maddr.h": Row(("pvdma", "ownruns"), boots=(*_PV, *_OWN)),
    "arch/x86/include/asm/pgtable.h": Row(boots=("native-io", "undebugged")),
    "arch/x86/include/asm/xen/hypercall.h": Row(boots=_OWN),
    "arch/x86/kernel/pci-dma.c": Row(boots=("native-io", "swiotlb-size", "amd-iommu")),
    "arch/x86/xen/contiguous.c": Row(("contig",), boots=_PV),
    "arch/x86/xen/dma.c": Row(("pvdma",), boots=("coherent-rounds", "scattered", "swiotlb-small",
                                                  "contiguous", "dma-api", "native-io")),
    "arch/x86/xen/own-frames.c": Row(("ownruns",), boots=_OWN),
    "arch/x86/xen/enlighten.c": Row(boots=("mem-limit", "mem-whole")),
    "arch/x86/xen/mmu_pv.c": Row(("framelist", "pvdma"), boots=("coherent-rounds", *_PV)),
    "arch/x86/xen/p2m.c": Row(("pvdma",), boots=("contiguous", "domu", "scattered")),
    "arch/x86/xen/setup.c": Row(boots=("mem-limit", "mem-whole")),
    "arch/x86/xen/suspend.c": Row(boots=("pci-late",)),
    "arch/x86/xen/suspend_pv.c": Row(boots=("pci-late",)),
    "arch/x86/xen/xen-ops.h": Row(boots=_PV),
    "block/bio.c": Row(boots=("scattered", "native-io", "optimised")),
    "block/blk-merge.c": Row(boots=("scattered", "native-io", "optimised")),
    "block/blk-mq-dma.c": Row(boots=("scattered", "native-io", "optimised", *_SMMU)),
    "block/blk.h": Row(boots=("scattered", "native-io", "segments", "optimised")),
    "drivers/gpu/drm/drm_cache.c": Row(("askruns",)),
    "drivers/gpu/drm/i915/i915_scatterlist.h": Row(("askruns",)),
    "drivers/gpu/drm/virtio/virtgpu_drv.h": Row(("askruns",)),
    "drivers/gpu/drm/xe/xe_bo.h": Row(("askruns",)),
    "drivers/iommu/dma-iommu.c": Row(("iovaruns",), boots=_SMMU),
    "drivers/nvme/host/pci.c": Row(boots=("native-io", "dma-api")),
    "drivers/pci/p2pdma.c": Row(boots=("amd-iommu-peer", "dma-api")),
    "drivers/pci/xen-pcifront.c": Row(boots=("pci-late", "passthrough")),
    "drivers/virtio/virtio_ring.c": Row(("askruns",), boots=("virtio-noiommu",)),
    "drivers/xen/balloon.c": Row(boots=("scattered", "mem-limit")),
    "drivers/xen/biomerge.c": Row(boots=("segments", "scattered", "selfattach")),
    "drivers/xen/events/events_base.c": Row(boots=("pci-late",)),
    "drivers/xen/gntdev-dmabuf.c": Row(boots=("scattered-dmabuf",)),
    "drivers/xen/gntdev.c": Row(boots=("scattered-dmabuf", "domu")),
    "drivers/xen/grant-dma-iommu.c": Row(boots=("bypass-node", "grant-dma")),
    "drivers/xen/grant-dma-ops.c": Row(boots=("grant-dma",)),
    "drivers/xen/grant-table.c": Row(boots=("foreign-dmabuf", "dma-api", "scattered-dmabuf")),
    "drivers/xen/pci.c": Row(boots=_OWN),
    "drivers/xen/swiotlb-debugfs.c": Row(boots=("view", "view-force", "above-4g-view",
                                                "unaligned-view")),
    "drivers/xen/swiotlb-xen.c": Row(("detectruns",), boots=_DETECT),
    "drivers/xen/unpopulated-alloc.c": Row(boots=("domu", "selfattach", *_OWN)),
    "drivers/xen/xenbus/xenbus_probe.c": Row(boots=("pci-late", "passthrough")),
    "include/linux/device.h": Row(boots=("bypass-property", "domu")),
    "include/linux/dma-direct.h": Row(boots=("dma-api", "dma-api@arm64", "above-4g", "scattered",
                                             "dma-ranges", *_ARM)),
    "include/linux/dma-maddr.h": Row(boots=(*_PV, *_ARM)),
    "include/linux/dma-mapping.h": Row(boots=("nosync",)),
    "include/linux/scatterlist.h": Row(boots=("dma-api", *_SMMU)),
    "include/linux/swiotlb.h": Row(boots=_POOL),
    "include/xen/balloon.h": Row(boots=("scattered",)),
    "include/xen/interface/pv-iommu.h": Row(boots=_OWN),
    "include/xen/interface/xen.h": Row(boots=_OWN),
    "include/xen/swiotlb-xen.h": Row(boots=_DETECT),
    "include/xen/xen.h": Row(boots=("scattered",)),
    "kernel/dma/debug.c": Row(boots=("dma-api",)),
    "kernel/dma/direct.c": Row(boots=("dma-api", "dma-api@arm64", "above-4g", "scattered",
                                      "undebugged", "coherent-rounds", "bypass-property",
                                      "dma-matrix-own", *_NONCOHERENT, *_ARM)),
    "kernel/dma/direct.h": Row(boots=("dma-api", "scattered", "undebugged", "dma-matrix-own",
                                      *_NONCOHERENT, *_ARM)),
    "kernel/dma/mapping.c": Row(("askruns",), boots=("dma-api", "nosync", "undebugged")),
    "kernel/dma/swiotlb.c": Row(boots=_POOL),
    "mm/gup.c": Row(boots=("native-io", "undebugged")),
    "mm/hmm.c": Row(boots=("undebugged", "dma-api")),
}


def problems(files, killers, tests):
    """What is wrong with ROWS: a file without a row, a row without a file, a row that can
    kill nothing or names what is not there. TESTS: {name: TestFile}."""
    known = set(tests) | {f"{name}@{platform}" for name, test in tests.items()
                          for platform in test.platforms}
    found = [f"{path}: has no row" for path in files if path not in ROWS]
    for path, row in ROWS.items():
        if path not in files:
            found.append(f"{path}: has a row, and is no file of ours")
        if not row.user + row.boots:
            found.append(f"{path}: nothing can kill its mutants")
        for kind, names, those in (("program", row.user, killers), ("test", row.boots, known)):
            found += [f"{path}: no {kind} {name}" for name in names if name not in those]
            if len(set(names)) < len(names):
                found.append(f"{path}: a {kind} is named twice")
    return found
