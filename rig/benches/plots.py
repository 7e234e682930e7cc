"""Plots of rig/bench.py's counts: SVG, with axes of powers, readable without colour.

A curve has its own dashes and its own marks, and its name at its end.
"""
import math

from rig.benches import targets

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 40, 50
DASHES = ("", "8 4", "2 3", "10 3 2 3", "5 2", "1 5")
MARKS = ("circle", "square", "triangle", "cross", "diamond", "bar")


def _mark(kind, x, y):
    draw = 'fill="white" stroke="black"'
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {draw}/>'
    points = {"square": [(-4, -4), (4, -4), (4, 4), (-4, 4)],
              "triangle": [(0, -5), (5, 4), (-5, 4)],
              "diamond": [(0, -5), (5, 0), (0, 5), (-5, 0)],
              "cross": [(-5, -1), (5, -1), (5, 1), (-5, 1)],
              "bar": [(-1, -5), (1, -5), (1, 5), (-1, 5)]}[kind]
    return (f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)}" '
            f'{draw}/>')


class _Axis:
    """Powers of ten, or of two for sizes, between two ends on the paper."""

    def __init__(self, values, base, start, end):
        low, high = min(values), max(values)
        self.base, self.start, self.end = base, start, end
        self.low = math.floor(math.log(low, base))
        self.high = max(math.ceil(math.log(high, base)), self.low + 1)

    def at(self, value):
        part = (math.log(value, self.base) - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self):
        powers = self.high - self.low
        if self.base == 10 and powers <= 2:
            return [part * 10 ** power for power in range(self.low, self.high)
                    for part in (1, 2, 5)] + [10 ** self.high]
        return [self.base ** power
                for power in range(self.low, self.high + 1, math.ceil(powers / 7))]


def _size(value):
    for unit, name in ((1 << 20, " MiB"), (1 << 10, " KiB")):
        if value >= unit and value % unit == 0:
            return f"{value // unit}{name}"
    return f"{value}"


def _text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{words}</text>'


def plot(title, xlabel, curves, xbase=2, name=_size):
    """The text of an SVG. CURVES is {name: {x: y}}, all above 0."""
    xs = _Axis([x for curve in curves.values() for x in curve], xbase, LEFT, WIDTH - RIGHT)
    ys = _Axis([y for curve in curves.values() for y in curve.values()], 10, HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           _text(LEFT, 20, title, "start", ' font-size="14" font-weight="bold"'),
           _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, xlabel),
           _text(15, (TOP + HEIGHT - BOTTOM) / 2, "instructions", "middle",
                 f' transform="rotate(-90 15 {(TOP + HEIGHT - BOTTOM) / 2})"')]
    for tick in xs.ticks():
        out.append(f'<line x1="{xs.at(tick):.1f}" x2="{xs.at(tick):.1f}" y1="{TOP}" '
                   f'y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(_text(xs.at(tick), HEIGHT - BOTTOM + 16, name(tick)))
    for tick in ys.ticks():
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{ys.at(tick):.1f}" '
                   f'y2="{ys.at(tick):.1f}" stroke="#ddd"/>')
        out.append(_text(LEFT - 6, ys.at(tick) + 4, f"{tick}", "end"))
    last = []
    for index, (label, curve) in enumerate(curves.items()):
        points = [(xs.at(x), ys.at(y)) for x, y in sorted(curve.items())]
        dash = DASHES[index % len(DASHES)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="black" stroke-width="1.5"'
                   + (f' stroke-dasharray="{dash}"' if dash else "") + "/>")
        out += [_mark(MARKS[index % len(MARKS)], x, y) for x, y in points]
        last.append((points[-1][1], index, label))
    # Names that would lie on each other move down.
    y = -math.inf
    for wanted, index, label in sorted(last):
        y = max(wanted + 4, y + 16)
        out.append(_mark(MARKS[index % len(MARKS)], WIDTH - RIGHT + 16, y - 4))
        out.append(_text(WIDTH - RIGHT + 26, y, label, "start"))
    return "\n".join([*out, "</svg>"]) + "\n"


def _curve(cells, case):
    return {n: targets.cost(cell) for (name, n), cell in cells.items()
            if name == case and targets.cost(cell) > 0}


def _curves(counts, platform, case):
    """base, ours, and bare metal if this platform has it."""
    kernels = counts[platform]
    bare = counts.get(targets.BARE.get(platform), {})
    found = {"base": _curve(kernels.get(targets.BASE, {}), case),
             "ours": _curve(kernels.get(targets.OURS, {}), case),
             "bare metal": _curve(bare.get(targets.OURS, {}), case)}
    return {name: curve for name, curve in found.items() if curve}


def _drawn(counts):
    """(file name, title, xlabel, curves, xbase, words for an x) of all that can be drawn."""
    wanted = (("map", "buffer size", 2, _size, "size", "map and unmap of a buffer"),
              ("foreign", "foreign pages mapped", 10, str, "foreign",
               "map and unmap of a foreign page"),
              ("cpus", "CPUs that map", 2, str, "cpus", "map and unmap, a CPU"))
    for platform in counts:
        for case, xlabel, xbase, name, word, title in wanted:
            curves = _curves(counts, platform, case)
            if curves and any(len(curve) > 1 for curve in curves.values()):
                yield (f"{platform}-{word}.svg", f"{platform}: {title}", xlabel, curves, xbase,
                       name)


def plots(counts):
    """{file name: text} of all that can be drawn."""
    return {file: plot(*drawn) for file, *drawn in _drawn(counts)}


def words(counts):
    """{file name: the plot in words}, for those who do not see it."""
    return {file: f"{title}. Instructions by {xlabel}; " + "; ".join(
                f"{label}: " + ", ".join(f"{y} at {name(x)}" for x, y in sorted(curve.items()))
                for label, curve in curves.items()) + "."
            for file, title, xlabel, curves, _, name in _drawn(counts)}
