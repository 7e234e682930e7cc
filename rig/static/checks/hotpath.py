"""Off Xen the fold costs nothing: the objects' code against the base's.

The base is the last patch that stands without the fold and changes these objects:
what such patches change is no cost of the fold.  With SWIOTLB_XEN=n no function of OBJECTS
has more than a few instructions more.  With =y the hot functions are the same along
every path, but for no-ops and for what only a jump of our static keys leads to;
BOUNDS names where they are not."""
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from rig.static.build import kbuild, source
from rig.static.build.ctx import recall, workers
from rig.static.objects import cfg, compare, disasm, elf, jumptable, names, traps

_ALL = ("kernel/dma/direct.o", "kernel/dma/mapping.o", "kernel/dma/swiotlb.o")
OBJECTS = {"x86_64": _ALL + ("drivers/iommu/dma-iommu.o",),
           "arm64": _ALL + ("drivers/iommu/dma-iommu.o",),
           "arm": _ALL}

#: static keys under test: those that the series brings
OURS = re.compile(r"(dma_maddr)\w*$")

HOT = """
dma_map_phys dma_unmap_phys dma_map_page_attrs dma_unmap_page_attrs
__dma_map_sg_attrs dma_map_sg_attrs dma_unmap_sg_attrs
__dma_sync_single_for_cpu __dma_sync_single_for_device
__dma_sync_sg_for_cpu __dma_sync_sg_for_device __dma_need_sync
dma_direct_map_phys dma_direct_map_sg dma_direct_unmap_sg
dma_direct_sync_sg_for_cpu dma_direct_sync_sg_for_device dma_direct_need_sync
swiotlb_tbl_map_single swiotlb_map __swiotlb_tbl_unmap_single
__swiotlb_find_pool __swiotlb_sync_single_for_device
__swiotlb_sync_single_for_cpu
""".split()

#: (arch, function): instructions it may have more, measured and why
BOUNDS = {
    # A bounce copies for thousands of instructions; these translate there.
    **{(arch, function): 20 for arch in ("x86_64", "arm64", "arm")
       for function in ("swiotlb_tbl_map_single", "swiotlb_map",
                        "__swiotlb_tbl_unmap_single", "__swiotlb_find_pool",
                        "__swiotlb_sync_single_for_device",
                        "__swiotlb_sync_single_for_cpu")},
    # gcc joins or doubles the blocks around cache maintenance otherwise.
    ("arm64", "dma_direct_map_phys"): 0,
    ("arm64", "dma_direct_unmap_sg"): 1,
    ("arm64", "dma_direct_sync_sg_for_cpu"): 2,
    ("arm64", "dma_direct_sync_sg_for_device"): 1,
    ("arm64", "dma_unmap_phys"): 2,
    ("arm64", "__dma_sync_single_for_cpu"): 2,
    ("arm64", "__dma_sync_single_for_device"): 2,
    # It enters the loop over dma_range_map elsewhere, ...
    ("x86_64", "dma_direct_map_phys"): 0,
    # ... and stores two registers at once.
    ("arm", "dma_direct_map_sg"): 0,
    # One register more is saved at the entrance.
    ("arm", "dma_direct_map_phys"): 4,
    ("arm", "dma_direct_sync_sg_for_device"): 1,
    # A pair of registers more is saved once a list.
    ("arm64", "dma_direct_map_sg"): 3,
    # Blocks are in another order.
    ("arm", "dma_map_phys"): 0,
}

#: the commit that is compared with: the last that changes these objects for all
BASE = "patched^{/^dma-direct: look up a bounce buffer once}"
#: what is compared with it with SWIOTLB_XEN=n: after that swiotlb.c has other functions,
#: for all. Those of HOT remain, and are compared as they are in the end.
FOLD = "patched^{/^swiotlb: order pools by reach}~"

#: instructions that a function may have more without Xen
MORE_WITHOUT = 4

#: functions that may have more than that, and what for: none of them is run for a
#: bounce that finds slots
GROWN = {
    "swiotlb_dyn_alloc": (10, "waits a second after the pool could not grow"),
}

#: (functions, instructions that they may have more in all, what for): of these gcc
#: inlines one into another on one side only, or one took over another
TOGETHER = (
    (("swiotlb_find_slots", "swiotlb_tbl_map_single", "swiotlb_pool_in_reach"), 16,
     "waits a second after the pool could not grow; 64-bit time"),
    (("swiotlb_init", "swiotlb_init_remap"), MORE_WITHOUT, "has no callback any more"),
)

#: functions that one side does not have, without Xen, too
ONE_SIDED = {
    "swiotlb_init_late": "has no caller any more",
    "swiotlb_place_pools": "for a domain that was restored",
    "__iommu_dma_unmap": "gcc names it after an argument that is constant",
}

#: build both sides, in the order that changes the least between two builds
STEPS = (("base", "on"), ("patched", "on"), ("fold", "off"),
         ("base", "off"))
AT = {"base": BASE, "patched": "patched", "fold": FOLD}


def run(ctx):
    """Yield (name, ok, detail)."""
    key = kbuild.key(ctx, Path(__file__),
                     source.git(ctx.tree, "rev-parse", "base^{tree}", "patched^{tree}"))
    yield from recall(ctx, "hotpath", key, lambda: _run(ctx))


def _run(ctx):
    rows = []
    for tag, xen in STEPS:
        src = source.at(ctx, AT[tag])
        rows = _each(ctx, partial(_build, ctx, src, tag, xen))
        if rows:
            return rows
    for arch in ctx.arches:
        rows += list(hot(ctx, arch)) + list(same(ctx, arch))
    return rows + list(_listed(ctx))


def _each(ctx, work):
    """Rows of work(arch) for every arch."""
    with ThreadPoolExecutor(workers(ctx, len(ctx.arches))) as pool:
        return [row for rows in pool.map(work, ctx.arches) for row in rows]


def _objects(ctx, tag, xen, arch):
    return ctx.scratch / "hotpath" / tag / xen / arch


def _build(ctx, src, tag, xen, arch):
    """Build OBJECTS and keep them; rows tell only of failures."""
    build = kbuild.Build(ctx, arch, "o-hotpath-" + arch,
                         kbuild.configuration(arch, xen))
    name = "hotpath: build %s SWIOTLB_XEN=%s %s" % (
        arch, "y" if xen == "on" else "n", tag)
    try:
        loose = build.configure(src)
        if loose:
            return [(name, False, "options that did not stick: "
                     + " ".join(loose))]
        build.make(*OBJECTS[arch], jobs=1 if ctx.cpus < 2 * len(ctx.arches) else 2)
    except kbuild.BuildError as err:
        return [(name, False, str(err))]
    text = (build.out / ".config").read_text("utf-8")
    if ("CONFIG_SWIOTLB_XEN=y" in text) != (xen == "on"):
        return [(name, False, "SWIOTLB_XEN is not what was asked for")]
    for item in OBJECTS[arch]:
        kept = _objects(ctx, tag, xen, arch) / item
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(build.out / item, kept)
    return []


def load(path, arch, cross):
    """(Flow, Names) of an object."""
    obj = elf.Object.read(path)
    flow = cfg.Flow(arch, disasm.disassemble(path, cross),
                    jumptable.sites(obj), traps.warnings(obj), OURS.match)
    return flow, names.Names(obj)


def _pairs(ctx, arch, xen):
    """(object, what load() gives of the base's, of ours)."""
    cross = kbuild.cross(arch)
    for item in OBJECTS[arch]:
        yield item, *(load(_objects(ctx, tag, xen, arch) / item, arch, cross)
                      for tag in ("base", "patched" if xen == "on" else "fold"))


def hot(ctx, arch):
    """Rows for the hot functions with SWIOTLB_XEN=y."""
    for item, base, ours in _pairs(ctx, arch, "on"):
        for function in HOT:
            if function not in base[0].entry:
                continue
            name = "hotpath: %s %s off Xen" % (arch, function)
            if function not in ours[0].entry:
                yield name, False, "%s no longer has it" % item
                continue
            result = compare.compare(compare.Side(*base, function),
                                     compare.Side(*ours, function))
            yield name, passes(result, arch, function), report(result)


def passes(result, arch, function):
    """Equal, or within the bound that is set for the function."""
    if result.level == compare.EQUAL:
        return True
    bound = BOUNDS.get((arch, function))
    if bound is None:
        return False
    # What counts is a path's cost; the text also grows by what is inlined in it.
    return (result.ours - result.base <= bound or "calls" not in result.dearer
            and result.dearer.get("instructions", bound + 1) <= bound)


def report(result):
    """The numbers of a comparison, and what differs."""
    text = ("%s: base %d instructions, ours %d, no-ops %+d, +%d -%d in all, "
            "behind the key %d" % (
                result.level, result.base, result.ours, result.extra_nops,
                sum(result.extra.values()), sum(result.missing.values()),
                result.cold))
    lines = ["  a path has %s more %s" % (n, what)
             for what, n in sorted(result.dearer.items())]
    lines += ["  on a path + %s  x%s" % item
              for item in sorted(result.growth.items())]
    return "\n".join([text] + lines + result.broken[:5]
                     + (result.where[:8] if result.growth else []))


def growth(diff):
    """How many instructions more the text on the right of a diff has."""
    lines = [line for line in (diff or "").splitlines()
             if not line.startswith(("---", "+++"))]
    return (sum(line.startswith("+") for line in lines)
            - sum(line.startswith("-") for line in lines))


def length(side, function):
    """Instructions of a function, 0 if that side does not have it."""
    return compare.length(*side, function) if function in side[0].entry else 0


def same(ctx, arch):
    """A row an object: all its functions with SWIOTLB_XEN=n."""
    grouped = {function for functions, _, _ in TOGETHER for function in functions}
    for item, base, ours in _pairs(ctx, arch, "off"):
        wrong = []
        for functions, bound, _ in TOGETHER:
            more = sum(length(ours, f) - length(base, f) for f in functions)
            if more > bound:
                wrong.append("%s: %+d instructions in all" % (", ".join(functions), more))
        for function in sorted(set(base[0].entry) | set(ours[0].entry)):
            if function.removeprefix("__pfx_") in grouped:
                continue
            if function not in base[0].entry or function not in ours[0].entry:
                if function.removeprefix("__pfx_").partition(".")[0] not in ONE_SIDED:
                    wrong.append("%s: in one build only" % function)
                continue
            diff = compare.identical(base, ours, function)
            if growth(diff) > GROWN.get(function, (MORE_WITHOUT,))[0]:
                wrong.append("%s: %+d instructions\n%s" % (function, growth(diff), diff))
        yield ("hotpath: %s %s with SWIOTLB_XEN=n" % (arch, item), not wrong,
               "\n".join(wrong)[:6000] or
               "%d functions, none has over %d instructions more"
               % (len(base[0].entry), MORE_WITHOUT))


def _listed(ctx):
    """The lists above are up to date: every name in HOT is a function of some
    object of the base, and each of ONE_SIDED is on one side of some."""
    known, sided = set(), set()
    for arch in ctx.arches:
        for _, base, _ in _pairs(ctx, arch, "on"):
            known |= set(base[0].entry)
        for _, base, ours in _pairs(ctx, arch, "off"):
            sided |= {f.partition(".")[0] for f in set(base[0].entry) ^ set(ours[0].entry)}
    lost = [n for n in HOT if n not in known]
    idle = sorted(set(ONE_SIDED) - sided)
    yield ("hotpath: the functions watched exist", not lost, " ".join(lost))
    yield ("hotpath: the functions excepted differ", not idle, " ".join(idle))
