"""Which make targets build what a patch touches."""
import re
from pathlib import PurePath

from rig.common.arches import ARCHES

#: directories that are built whole where the series touches them: they are
#: small, and this way their Makefiles and all users of a header are covered
WHOLE = ("kernel/dma/", "drivers/xen/", "arch/x86/xen/", "arch/arm64/xen/",
         "arch/arm/xen/")

#: main users of the headers that the series touches, beyond WHOLE
USERS = {
    "include/linux/dma-direct.h": {"kernel/dma/", "drivers/iommu/dma-iommu.o"},
    "include/linux/swiotlb.h": {"kernel/dma/", "drivers/iommu/dma-iommu.o"},
    "include/linux/dma-map-ops.h": {"kernel/dma/", "drivers/base/dd.o"},
    "include/linux/dma-mapping.h": {"kernel/dma/"},
    "include/linux/device.h": {"drivers/base/core.o", "kernel/dma/"},
    "drivers/gpu/drm/i915/i915_scatterlist.h": {"drivers/gpu/drm/i915/i915_scatterlist.o",
                                                "drivers/gpu/drm/i915/gem/i915_gem_shmem.o"},
    "drivers/gpu/drm/xe/xe_bo.h": {"drivers/gpu/drm/xe/xe_bo.o",
                                   "drivers/gpu/drm/xe/xe_device.o"},
    "drivers/gpu/drm/virtio/virtgpu_drv.h": {"drivers/gpu/drm/virtio/virtgpu_object.o"},
    "include/xen/": {"drivers/xen/", "arch/x86/xen/", "arch/arm64/xen/",
                     "arch/arm/xen/", "kernel/dma/"},
    "arch/x86/include/asm/xen/": {"arch/x86/xen/", "drivers/xen/"},
    "arch/arm/include/asm/xen/": {"arch/arm/xen/", "drivers/xen/"},
    "arch/arm64/include/asm/xen/": {"arch/arm64/xen/", "drivers/xen/"},
}

#: an object, or all below a directory, that is not built where the option is off: make would
#: try nevertheless. The first that fits counts
NEEDS = {
    "drivers/gpu/drm/amd/": "CONFIG_DRM_AMDGPU",
    "drivers/gpu/drm/i915/": "CONFIG_DRM_I915",
    "drivers/gpu/drm/nouveau/": "CONFIG_DRM_NOUVEAU",
    "drivers/gpu/drm/radeon/": "CONFIG_DRM_RADEON",
    "drivers/gpu/drm/virtio/": "CONFIG_DRM_VIRTIO_GPU",
    "drivers/gpu/drm/xe/": "CONFIG_DRM_XE",
    "drivers/gpu/drm/": "CONFIG_DRM",
    "drivers/iommu/dma-iommu.o": "CONFIG_IOMMU_DMA",
    "drivers/pci/p2pdma.o": "CONFIG_PCI_P2PDMA",
    "drivers/pci/xen-pcifront.o": "CONFIG_XEN_PCIDEV_FRONTEND",
    "drivers/virtio/": "CONFIG_VIRTIO",
    "mm/hmm.o": "CONFIG_MMU_NOTIFIER",
    "drivers/xen/unpopulated-alloc.o": "CONFIG_XEN_UNPOPULATED_ALLOC",
    "drivers/xen/": "CONFIG_XEN",
    "arch/x86/xen/": "CONFIG_XEN",
    "arch/arm/xen/": "CONFIG_XEN",
    "arch/arm64/xen/": "CONFIG_XEN",
}


#: beside an arch's home, where it has code that others do not build
SHARED = {"arm": ("arch/arm64/xen/", "include/xen/arm/"),
          "arm64": ("arch/arm/xen/", "include/xen/arm/", "drivers/iommu/")}


def owns(arch, paths):
    """Is one of the paths the arch's own?"""
    return any(path.startswith((ARCHES[arch].home, *SHARED.get(arch, ()))) for path in paths)


def including(src, path):
    """The .c file beside `path` that includes it, None if it is compiled by itself."""
    line = '#include "%s"' % PurePath(path).name
    return next((str(PurePath(path).with_name(one.name))
                 for one in sorted((src / path).parent.glob("*.c"))
                 if line in one.read_text("utf-8").splitlines()), None)


def compiled(src):
    """What targets() and narrow() ask of a path: is it in the source, and if it is a .c file,
    has it an object of its own?"""
    return lambda path: (src / path).exists() and not (path.endswith(".c")
                                                       and including(src, path))


def targets(arch, paths, exists, options):
    """Sorted make targets for the touched `paths`.

    `exists` tells whether a path is in the source and has an object if it can have one,
    `options` is the set of names that are y in the configuration."""
    found = set()
    for path in paths:
        for head, users in USERS.items():
            if path.startswith(head) or path == head:
                found |= users
        whole = next((d for d in WHOLE if path.startswith(d)), None)
        if whole:
            found.add(whole)
            if whole == "arch/arm/xen/":
                found.add("arch/arm64/xen/")    # built from there as well
        elif re.search(r"\.[cS]$", path) and exists(path):
            found.add(path[:-1] + "o")
    return sorted(t for t in found if _mine(arch, t, options)
                  and (not t.endswith("/") or exists(t)))


def some(arch, paths, touched, exists, options_on):
    """Like targets(), but of Xen's directories the objects that the series
    touches anywhere: what else is there only uses our headers."""
    found = set()
    for target in targets(arch, paths, exists, options_on):
        if "/xen/" in target and target in WHOLE:
            found |= set(narrow(arch, [p for p in touched
                                       if p.startswith(_sources(target))],
                                exists, options_on))
        else:
            found.add(target)
    return sorted(found)


def _sources(whole):
    """Where the sources of a whole directory are."""
    return ("arch/arm/xen/", whole) if whole == "arch/arm64/xen/" else (whole,)


def narrow(arch, paths, exists, options_on):
    """The touched .c files' own objects, for checkers that need no more.

    arm64 reaches arm's files only through its own directory."""
    found = set()
    for path in paths:
        if path.endswith(".c") and exists(path):
            whole = next((d for d in WHOLE if path.startswith(d)), None)
            if whole is None or _mine(arch, whole, options_on):
                found.add(path[:-1] + "o")
            if whole == "arch/arm/xen/":
                found.add("arch/arm64/xen/")
    return sorted(t for t in found if _mine(arch, t, options_on))


def _mine(arch, target, options):
    """Is the target built for the arch in this configuration?"""
    if target.startswith("arch/") and not target.startswith(ARCHES[arch].home):
        return False
    need = next((option for head, option in NEEDS.items() if target.startswith(head)), None)
    return need is None or need in options


def options(config):
    """Names of the options that are y, from the text of a .config."""
    return set(re.findall(r"^(CONFIG_\w+)=y$", config, re.M))
