"""Instructions counted by where they are: the plugin counter.c, built and told.

A boot that declares 'count: yes' runs with it. Its guest says mark() between what is
to be counted apart; a mark is a line in the file COUNTS beside its log. Of the class
dma each function is counted by itself, too, as dma:FUNCTION.
"""
import collections
from pathlib import Path

from rig.common import compiler, kept, paths
from rig.common.arches import HOST, PLATFORMS, bare
from rig.common.error import RigError
from rig.common.tell import say

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra"]
COUNTS = "counts"
CLASSES = ("dma", "kernel", "xen", "other")     # other: programs
# Where the hypervisor of the pinned versions runs (Xen's asm/config.h): on arm64 in an
# exception level of its own, in slot 20 of 512 GiB, and on arm between 2 and 4 MiB, where
# no program of the guest's is.
XEN = {"x86_64": (0xffff82d000000000, 0xffff830000000000),
       "arm64": (0xa0000000000, 0xa8000000000), "arm": (0x200000, 0x400000)}
# The system call of the guest's mark(), which nothing else there makes.
MARKS = ("__x64_sys_sethostname", "__arm64_sys_sethostname", "sys_sethostname")


def library():
    """The plugin, built on first use."""
    def build(part):
        warned = compiler.program(HOST, FLAGS, SOURCE, part)
        if warned:
            say(f"counter: {warned}")
    key = kept.key(compiler.version(HOST), *FLAGS, SOURCE)
    return kept.made(paths.cache("counter") / f"{key}.so", build)


def text(system_map):
    """[(start, end, name)] of the kernel's functions, in order, up to _etext."""
    symbols = []
    for line in system_map.splitlines():
        address, kind, name = line.split()
        if kind in "tTwW" or name == "_etext":
            symbols.append((int(address, 16), name))
    symbols.sort(key=lambda symbol: symbol[0])
    starts = {name: address for address, name in symbols}
    if "_text" not in starts or "_etext" not in starts:
        raise RigError("System.map has no _text and _etext")
    inside = [symbol for symbol in symbols if starts["_text"] <= symbol[0] <= starts["_etext"]]
    return [(start, end, name) for (start, name), (end, _) in zip(inside, inside[1:])
            if start < end]


def ranges(functions, dma, xen=None):
    """Lines 'CLASS START END', a function of the set of names DMA being one."""
    merged = []
    for start, end, name in functions:
        what = f"dma:{name}" if name in dma else "kernel"
        if merged and merged[-1][0] == what and merged[-1][2] == start:
            merged[-1][2] = end
        else:
            merged.append([what, start, end])
    if xen:
        merged.append(["xen", *xen])
    merged.sort(key=lambda line: line[1])
    return [f"{what} {start:x} {end:x}" for what, start, end in merged]


def words(platform, kernel, directory):
    """QEMU's words for a boot of that kernel.Kernel, and the files that they name."""
    functions = text(kernel.system_map.read_text("ascii"))
    mark = [start for start, _, name in functions if name in MARKS]
    if len(mark) != 1:
        raise RigError(f"the kernel has {len(mark)} of {' '.join(MARKS)}")
    xen = None if bare(platform) else XEN[PLATFORMS[platform]]
    lines = ranges(functions, set(kernel.dma.read_text("ascii").split()), xen)
    (directory / "ranges").write_text("\n".join(lines) + "\n", encoding="ascii")
    return ["-plugin", f"{library()},ranges={directory / 'ranges'},mark={mark[0]:x},"
            f"out={directory / COUNTS}"]


def marks(lines):
    """[{class or dma:FUNCTION: instructions so far}], a mark each."""
    found = []
    for line in lines:
        number, *pairs = line.split()
        if int(number) != len(found):
            raise RigError(f"mark {number} where {len(found)} is due")
        cell = collections.Counter()
        for name, value in (pair.split("=") for pair in pairs):
            cell.update({key: int(value) for key in {name, name.partition(":")[0]}})
        found.append(cell)
    return found


def each(at, first, many, times):
    """{class or dma:FUNCTION: instructions of one} of MANY: between marks FIRST and
    FIRST + 1 they are done, between the next two twice as many, so that all the rest
    drops out. Of TIMES such fours the least counts. Functions that take none are left out."""
    def between(number):
        return {name: at[number + 1][name] - at[number][name] for name in (*CLASSES, *at[-1])}

    def least(start):
        return min((between(start + 4 * time) for time in range(times)),
                   key=lambda cell: sum(cell[name] for name in CLASSES))
    once, twice = least(first), least(first + 2)
    found = {name: round((twice[name] - once[name]) / many) for name in once}
    return {name: count for name, count in found.items() if count or name in CLASSES}
