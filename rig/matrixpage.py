"""The page rig/dma-matrix.md, of the tables in guest/lib/matrix that the test dma-matrix keeps.

    python3 -m rig.matrixpage       write it anew
"""
from pathlib import Path

from rig.common import paths

TABLES = paths.RIG / "guest" / "lib" / "matrix"
PAGE = paths.RIG / "dma-matrix.md"
MASKS = (24, 28, 30, 32, 36, 64)
#: {table: what its machine is}
MACHINES = {
    "pv": "x86 PV dom0 on machine frames",
    "own": "x86 PV dom0 that sees its own frames",
    "bare-x86_64": "x86 bare metal, and PVH dom0",
    "arm64": "arm64 dom0",
    "smmu": "arm64 dom0 behind an SMMU that Linux drives",
    "bare-arm64": "arm64 bare metal",
    "arm": "32-bit Arm dom0",
}
HEAD = """\
# What the DMA API does with each kind of memory

Made by `python3 -m rig.matrixpage` of `guest/lib/matrix`, which the test dma-matrix compares
with what a boot finds, line by line. A cell has a letter for each mask of 24, 28, 30, 32, 36 and
64 bits:

- `d`: the device sees that memory, and data is right both ways
- `b`: the device sees a copy (a bounce buffer), and data is right both ways
- `p`: a list of which a part is a copy, and data is right both ways
- `r`: refused
- `n`: not offered on this machine: callers do without
- `m`: the mask itself is refused
- `w`: wrong: data, an error that is not documented, or an address beyond the mask

and, for all masks at a time, `-` where the entry point takes no such memory and `none` where
the machine has none. For a sync, `d` and `b` are what dma_need_sync() says. Where the base
kernel does something else, a second line has it.
"""


def table(text):
    """{entry point: {memory: cell}} of the text of a table."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, *cells = line.split()
            found[name] = dict(cell.split("=", 1) if "=" in cell else ("", cell)
                               for cell in cells)
    return found


def unlike(ours, base):
    """[(mask, what base does)] where base does something else. Cells that are no letters, one
    a mask, are not compared."""
    if len(ours) != len(MASKS) or len(base) != len(MASKS):
        return []
    return [(mask, theirs) for mask, mine, theirs in zip(MASKS, ours, base) if mine != theirs]


def differences(ours, base):
    """[line] of what base does otherwise: entry points and kinds of memory of which the same
    is true share one."""
    words = {"d": "not copied", "b": "copied", "p": "copied in part", "w": "wrong",
             "r": "refused", "m": "no such mask", "n": "not offered"}
    syncs = words | {"d": "no sync asked for", "b": "a sync asked for"}
    by_name = {}
    for name, cells in ours.items():
        for memory, cell in cells.items():
            found = unlike(cell, base.get(name, {}).get(memory, ""))
            for kind in dict.fromkeys(theirs for _, theirs in found):
                masks = ", ".join(str(mask) for mask, theirs in found if theirs == kind)
                what = (syncs if "sync" in name.lower() else words)[kind]
                by_name.setdefault((name, f"{what} with {masks} bits"), []).append(memory)
    lines = {}
    for (name, what), memories in by_name.items():
        lines.setdefault((what, ", ".join(memories)), []).append(name)
    return [f"- {', '.join(names)}: {memories}: {what}"
            for (what, memories), names in lines.items()]


def _cell(cell, base):
    return f"`{cell}`" if base in (None, cell) else f"`{cell}`<br>base `{base}`"


def _rows(head, names, ours, base):
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for name in names:
        cells = [_cell(ours[name].get(memory, ""), base and base.get(name, {}).get(memory, "none"))
                 for memory in head[1:]]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return lines


def section(title, ours, base):
    """The part of the page about one machine. BASE is None where there is no such table."""
    lines = ["", f"## {title}", ""]
    if base is None:
        lines += ["The base kernel has no such domain.", ""]
    groups = {}
    for name in ours:
        groups.setdefault(tuple(ours[name]), []).append(name)
    for memories, names in groups.items():
        if not name_of_mask(names[0]):
            lines += [*_rows(["", *memories], names, ours, base), ""]
    answers = [name for name in ours if name_of_mask(name)]
    for name in answers:
        mine = " ".join("=".join(filter(None, pair)) for pair in ours[name].items())
        theirs = base and " ".join("=".join(filter(None, pair))
                                   for pair in base.get(name, {}).items())
        lines.append(f"- a mask of {name_of_mask(name)} bits: {mine}" +
                     (f" (base: {theirs})" if base and theirs != mine else ""))
    otherwise = differences(ours, base) if base else []
    if otherwise:
        lines += ["", "The base kernel does otherwise:", "", *otherwise]
    return lines


def name_of_mask(name):
    """The bits of a line about a mask; an empty string for other lines."""
    return name.removeprefix("mask_") if name.startswith("mask_") else ""


def page(folder):
    """The page of the tables in a FOLDER."""
    lines = []
    for name, title in MACHINES.items():
        base = Path(folder, f"base-{name}")
        lines += section(title, table(Path(folder, name).read_text("utf-8")),
                         table(base.read_text("utf-8")) if base.exists() else None)
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(TABLES), "utf-8")
