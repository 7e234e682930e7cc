"""What is promised of the counts of rig/bench.py, and whether it is kept.

Counts are {platform: {kernel: {(case, n): {key: instructions}}}}.
"""
import re

from rig.common.arches import PLATFORMS, bare
from rig.machine import counter
from rig.verdict import ktap

BASE, OURS = "base-fast", "ours-fast"
BARE = {platform: f"bare-{arch}" for platform, arch in PLATFORMS.items()
        if not bare(platform) and f"bare-{arch}" in PLATFORMS}
PHASES = ("map", "for_cpu", "for_device", "unmap", "alloc", "free", "pair")
PARTS = PHASES + counter.CLASSES    # of a case as a whole
KIB, MIB = 1 << 10, 1 << 20
FOREIGN_MOST = 1000000    # foreign pages, as many as are asked for
NO_OPS = 4                # of the static key, in the way of a map and its unmap
POOLS = 20                # instructions more with four pools than with one
BYPASS = 12               # instructions that a bypassed device may cost more, a mapping
# (platform, case, n): how many times bare metal's cost.
RATIOS = {
    ("pv", "map", 4 * KIB): 1.25, ("pv", "map", 64 * KIB): 1.4, ("pv", "map", 2 * MIB): 2.0,
    ("pv", "sg", 16): 1.15, ("pv", "sg", 128): 1.15,
    ("pv", "bounce", 4 * KIB): 1.02, ("pv", "bounce", 64 * KIB): 1.02,
    ("pvh", "bounce", 4 * KIB): 1.02, ("pvh", "bounce", 64 * KIB): 1.02,
    ("arm64", "bounce", 4 * KIB): 1.02, ("arm64", "bounce", 64 * KIB): 1.02,
    ("pv", "coherent", 4 * KIB): 1.2, ("pv", "coherent", 64 * KIB): 1.2,
    ("pv", "coherent", 2 * MIB): 1.2,
    # The same memory again, of which frames were exchanged before.
    ("pv", "after-coherent", 4 * KIB): 1.2, ("pv", "after-coherent", 64 * KIB): 1.2,
    ("pv", "after-coherent", 2 * MIB): 1.2,
    ("pv", "scattered-coherent", 4 * KIB): 1.2, ("pv", "scattered-coherent", 64 * KIB): 1.2,
    ("pv", "scattered-coherent", 2 * MIB): 1.2,
}
# (case, n): instructions where devices access dom0's own frames, which are scattered.
OWN = {("map", 4 * KIB): 200, ("map", 64 * KIB): 200, ("map", 2 * MIB): 200,
       ("sg", 128): 15200}
OWN_FIRST = 1.01          # times bare metal: coherent memory the first time
OWN_READ = 1.02           # times bare metal: DMA for 1 MiB from the disk
OWN_XEN = 1.02            # times what Xen takes for a domU's read today
EXCHANGE = 1.05           # times base
UNIT = 100                # instructions, of the kernel's own benchmark
EQUAL = [("map", 4 * KIB), ("map", 64 * KIB), ("map", 2 * MIB), ("sg", 16), ("sg", 128)]


def plain(case):
    """The case without what is special about the device, or about memory."""
    return re.sub(r"^(bypass|after|scattered|own)-", "", case)


def cost(cell):
    """Instructions of a case as a whole: a map and its unmap, with what is between."""
    return sum(cell.get(part, 0) for part in PARTS)


def _result(good, name, why):
    return ktap.Result(good, name, notes=[why if good else f"why: {why}"])


def _above(name, mine, other, limit):
    """At most LIMIT more."""
    return _result(mine <= other + limit, name, f"{mine}, {other} there, at most {limit} more")


def _mappings(case, n, limit):
    """LIMIT for each mapping of a case: an entry of a list is one."""
    return limit * (n if case == "sg" else 1)


def ratios(counts):
    """The targets against bare metal of the same kernel."""
    for (platform, case, n), limit in RATIOS.items():
        if platform not in counts or BARE[platform] not in counts:
            continue
        mine = cost(counts[platform][OURS][case, n])
        bare = cost(counts[BARE[platform]][OURS][plain(case), n])
        yield _result(mine <= limit * bare,
                      f"{platform}: {case} {n} at most {limit} times bare metal",
                      f"{mine} / {bare} = {mine / bare:.2f}")


def equals(counts):
    """PVH is bare metal, bypass costs a test, and off Xen there are only no-ops."""
    for case, n in EQUAL:
        bare = {arch: counts.get(arch, {}).get(OURS) for arch in set(BARE.values())}
        if "pvh" in counts and bare["bare-x86_64"]:
            yield _above(f"pvh: {case} {n} as on bare metal",
                         cost(counts["pvh"][OURS][case, n]),
                         cost(bare["bare-x86_64"][case, n]), 0)
        if "arm64" in counts and bare["bare-arm64"]:
            yield _above(f"arm64: {case} {n} of a bypassed device",
                         cost(counts["arm64"][OURS][f"bypass-{case}", n]),
                         cost(bare["bare-arm64"][case, n]), _mappings(case, n, BYPASS))
        for platform, cells in bare.items():
            if cells and BASE in counts[platform]:
                limit = _mappings(case, n, NO_OPS)
                yield _above(f"{platform}: {case} {n} of base, and no-ops",
                             cost(cells[case, n]),
                             cost(counts[platform][BASE][case, n]), limit)


def exchanged(counts):
    """What an exchange and its undoing cost is the hypervisor's, as in base."""
    if "pv" not in counts:
        return
    for n in (4 * KIB, 64 * KIB, 2 * MIB):
        mine, theirs = (cost(counts["pv"][name]["exchange", n]) for name in (OURS, BASE))
        yield _result(mine <= EXCHANGE * theirs,
                      f"pv: exchange {n} at most {EXCHANGE} times base",
                      f"{mine} / {theirs} = {mine / theirs:.2f}")


def pools(counts):
    """What three more pools cost a bounce in another, in each of its phases."""
    for platform, kernels in counts.items():
        cells = kernels.get(OURS, {})
        for case, n in sorted(cells):
            if case == "pools-bounce":
                for phase, mine in cells[case, n].items():
                    yield _above(f"{platform}: {phase} of a bounce of {n} among four pools", mine,
                                 cells["bounce", n][phase], POOLS)


def _most(name, mine, limit):
    return _result(mine <= limit, f"pv, own frames: {name}", f"{mine}, at most {limit}")


def _first(cell):
    return cell["alloc_first"] + cell["free_first"]


def own(counts):
    """A PV dom0 whose devices access its own frames."""
    cells = counts.get("pv", {}).get(OURS, {})
    bare = counts.get("bare-x86_64", {}).get(OURS, {})
    if ("own-map", 4 * KIB) in cells:
        for (case, n), limit in OWN.items():
            yield _most(f"{case} {n}", cost(cells[f"own-{case}", n]), limit)
        if bare:
            yield _most("first coherent memory of 2 MiB",
                        _first(cells["own-coherent", 2 * MIB]),
                        int(OWN_FIRST * _first(bare["coherent", 2 * MIB])))
    if ("own-nvme-read", MIB) in cells:
        if bare:
            yield _most("DMA's part of a read of 1 MiB", cells["own-nvme-read", MIB]["dma"],
                        int(OWN_READ * bare["nvme-read", MIB]["dma"]))
        for n in (4 * KIB, MIB):
            yield _most(f"Xen's part of a domU's read of {n}", cells["own-domu-read", n]["xen"],
                        int(OWN_XEN * cells["domu-read", n]["xen"]))


def foreign(platform, base, ours):
    """What is promised of the p2m."""
    sizes = sorted(n for case, n in ours if case == "foreign")
    for n in sizes:
        mine, theirs = cost(ours["foreign", n]), cost(base["foreign", n])
        yield _result(mine <= theirs, f"{platform}: with {n} foreign pages not above base",
                      f"{mine} instructions, base {theirs}")
    one, most = cost(ours["foreign", 1]), cost(ours["foreign", FOREIGN_MOST])
    theirs = cost(base["foreign", FOREIGN_MOST])
    yield _result(most <= 2 * one, f"{platform}: with {FOREIGN_MOST} at most twice the cost of one",
                  f"{most} / {one} = {most / one:.2f}")
    yield _result(2 * most <= theirs, f"{platform}: and at most half of base",
                  f"{most} / {theirs} = {most / theirs:.2f}")
    (n,) = (n for case, n in ours if case == "buffer")
    mine, theirs = ours["buffer", n]["map"], base["buffer", n]["map"]
    yield _result(50 * mine <= theirs,
                  f"{platform}: a buffer of {n} frames maps for at most a 50th of base",
                  f"{mine} instructions, base {theirs}")
    yield _result(ours["ranges", n]["ranges"] == 1, f"{platform}: and is one range of {n}",
                  f"{ours['ranges', n]['ranges']} ranges")
    size = ours["memory", FOREIGN_MOST]["bytes"]
    yield _result(size <= 96, f"{platform}: a scattered page takes at most 96 bytes",
                  f"{size} bytes, base {base['memory', FOREIGN_MOST]['bytes']}")


def checked(platform, kernel, cells):
    """The kernel's own benchmark says the same. It counts hundreds, with a look at the
    clock and less than one of its own in each, and an interrupt now and then."""
    look = cells.get(("clock", 0), {}).get("look", 0)
    for case, n in sorted(cells):
        if not case.startswith("tree-"):
            continue
        own = cells[case.removeprefix("tree-"), n]
        for phase, theirs in cells[case, n].items():
            mine = own[phase]
            yield _result(mine - UNIT <= theirs <= 1.05 * mine + look + UNIT,
                          f"{platform} {kernel}: {phase} of {case.removeprefix('tree-')} {n}",
                          f"{mine} instructions, the kernel's own benchmark has {theirs}")


def text(counts):
    """No more instructions than base has, in the kernel as a whole."""
    for platform, kernels in counts.items():
        sizes = [kernels.get(name, {}).get(("text", 0), {}).get("bytes")
                 for name in (BASE, OURS)]
        if all(sizes):
            yield _above(f"{platform}: bytes of instructions in the kernel", sizes[1],
                         sizes[0], -1)


def _kept(name, results):
    """A group; a count that is missing fails it."""
    try:
        return name, list(results)
    except (KeyError, ValueError) as err:
        return name, [ktap.Result(False, "all cases were counted", notes=[f"why: no {err}"])]


def groups(counts):
    """[(name, [Result])] of all that the counts allow to judge."""
    found = [_kept("against bare metal", ratios(counts)), _kept("equal", equals(counts)),
             _kept("exchange", exchanged(counts)), _kept("pools", pools(counts)),
             _kept("own frames", own(counts)),
             _kept("size", text(counts)),
             _kept("cross-check", (result for platform, kernels in counts.items()
                                   for kernel, cells in kernels.items()
                                   for result in checked(platform, kernel, cells)))]
    for platform, kernels in counts.items():
        if platform in ("arm64", "arm"):
            found.append(_kept(f"{platform}: foreign pages", foreign(
                platform, kernels.get(BASE, {}), kernels.get(OURS, {}))))
    return [group for group in found if group[1]]
