"""The kernel sources of the variants: ours, base, ends of series, negative controls.

ours is build/tree as it stands, so that edits made there are what is run. base
is the same without a patch. The name of a series is the kernel with that series and
those before it. A control is ours with one function disabled.
"""
import functools
import re

from rig.common import paths
from rig.common.error import RigError
from rig.common.git import Git
from series import series, store

# On TCG cache operations do nothing. As loads they are translated, and fault as on hardware.
_LOAD = ("for (phys_addr_t end = paddr + size; paddr < end; paddr += 64)\n"
         "\t\tREAD_ONCE(*(u8 *)phys_to_virt(paddr));")
_LOADS = (("arch/arm64/mm/dma-mapping.c", "arch_sync_dma_for_device", _LOAD),
          ("arch/arm64/mm/dma-mapping.c", "arch_sync_dma_for_cpu",
           f"if (dir == DMA_TO_DEVICE)\n\t\treturn;\n\t{_LOAD}"))

# Kernels with functions that do something else. All but "loads" are negative controls:
# one function of ours answers as if something were not there.
# {variant: ((file, function, its body), ...)}
CONTROLS = {
    # a page that is mapped has its physical address in the machine
    "notranslate": (("arch/x86/include/asm/dma-maddr.h", "arch_phys_to_maddr", "return phys;"),
                    ("include/xen/arm/dma-maddr.h", "arch_phys_to_maddr", "return phys;")),
    # dma-iommu takes every page for one of ours
    "nobusframes": (("drivers/iommu/dma-iommu.c", "dev_maddr_differs", "return false;"),),
    # no bus frame is foreign
    "nobfn": (("arch/arm/xen/p2m.c", "xen_p2m_find_bfn", "return 0;"),),
    # cache maintenance loads from what it maintains
    "loads": _LOADS,
    # the same, and a frame is maintained through any mapping of it
    "loadsany": (*_LOADS, ("arch/arm/xen/dma.c", "xen_is_callers", "return true;")),
}


def with_body(text, function, body):
    """TEXT, C in kernel style, with BODY as the body of FUNCTION.

    The first one counts: a second is the stub of a kernel without Xen.
    """
    pattern = re.compile(rf"(\b{function}\([^)]*\)\n\{{\n)(.*?)(\n\}}\n)", re.S)
    changed, count = pattern.subn(rf"\1\t{body}\3", text, count=1)
    if count != 1 or changed == text:
        raise RigError(f"no function {function}() that could become '{body}'")
    return changed


@functools.lru_cache(maxsize=None)
def ends():
    """{a series: how many patches it and those before it are}; but for the last, which is
    ours."""
    patches = store.load(paths.REPO).patches
    last = patches[-1].series if patches else None
    return {patch.series: number for number, patch in enumerate(patches, 1)
            if patch.series != last}


def tree(variant):
    """The directory with the sources of 'ours', 'base', the end of a series or a control.

    All ends share one, so that a build goes on from the last: build before you ask for
    another.
    """
    try:
        if variant in ends():
            return series.prepare_tree(paths.BUILD / "end", upto=ends()[variant])
        return _lasting(variant)
    except OSError as err:
        raise RigError(str(err)) from err


@functools.lru_cache(maxsize=None)
def _lasting(variant):
    if variant == "ours":
        return series.prepare_tree(paths.BUILD / "tree")
    if variant == "base":
        return series.prepare_tree(paths.BUILD / "base", upto=0)
    if variant not in CONTROLS:
        raise RigError(f"no kernel '{variant}'")
    return _control(variant)


def series_on():
    """What the series stands on, in words, and the number of its patches."""
    git = Git.of(tree("ours"))
    return (git.out("log", "-1", "--format=%s", "base"),
            int(git.out("rev-list", "--count", "base..HEAD")))


def _control(variant):
    """A work tree of the series' tip with functions replaced, uncommitted."""
    dest = paths.BUILD / variant
    names = sorted({name for name, _, _ in CONTROLS[variant]})
    if (dest / names[0]).exists():
        Git.of(dest).run("checkout", "--quiet", "--", *names)
    series.prepare_tree(dest)
    for name, function, body in CONTROLS[variant]:
        path = dest / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(with_body(text, function, body), encoding="utf-8")
    return dest
