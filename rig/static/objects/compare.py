"""Two builds of one function, compared along every path that stays hot."""
import difflib
import math
import re
from collections import Counter, namedtuple

from rig.static.objects import cost, normal

#: `level` is one of EQUAL, NO_MORE, MORE.  Counts of instructions other than
#: no-ops: `extra_nops` and `extra` count what ours has more in all, `missing`
#: what it has less, `cold` what only our keys lead to.  `growth` is {instruction:
#: how many more some path executes}, `dearer` the same by kinds of cost;
#: `broken` and `where` are for a reader.
Result = namedtuple("Result", "name level base ours extra_nops extra missing "
                    "cold growth dearer broken where")

#: every path executes the same instructions, no-ops aside
EQUAL = "only no-ops"
#: the compiler has chosen other instructions, but no path executes more of
#: them, or accesses memory, calls or jumps more often
NO_MORE = "other instructions, no more"
MORE = "more"

LIMIT = 4000


def line_number(flow, place):
    """Is this WARN's line, which on arm is the second argument of a call?"""
    insn = flow.insn[place]
    if not (re.match(r"movw?$", insn.op) and
            re.match(r"r1, #\d+$", insn.args)):
        return False
    for _ in range(16):
        place = flow.after.get(place)
        if place is None:
            return False
        if flow.kind(place) == "call":
            return any("warn_slowpath" in t for _, t in flow.insn[place].relocs)
    return False


class Side:
    """One build of a function: its flow, and the names its code refers to."""

    def __init__(self, flow, names, name):
        self.flow, self.names = flow, names
        self.hot, self.cold = flow.split(name)
        self.entry = flow.entry[name]
        self.name = name

    def form(self, place):
        """The normalised instruction at `place`, without its jump target."""
        flow, insn = self.flow, self.flow.insn[place]
        kind = flow.kind(place)
        if kind == "cond":
            op, _ = normal.polarity(flow.arch, insn.op)
            args = ", ".join(insn.args.split(", ")[:-1])
            return normal.registers(flow.arch, op, args).strip()
        if kind == "jump":
            return "jmp"
        args = re.sub(r"(?:0x)?[0-9a-f]+ <([^>+]+)(\+0x[0-9a-f]+)?>$",
                      lambda m: "" if insn.relocs else "<%s>" % m[1],
                      insn.args)
        if flow.arch == "arm" and line_number(flow, place):
            return "mov R, #LINE"
        if flow.arch == "arm" and re.search(r"\[pc, #", args):
            args = re.sub(r"\[pc, #-?\d+\]", self._literal(insn), args)
        text = normal.registers(flow.arch, insn.op, args)
        refs = " ".join(self.names.name(k, t) for k, t in insn.relocs)
        return (text + (" {%s}" % refs if refs else "")).strip()

    def _literal(self, insn):
        """What a load from the literal pool loads."""
        where = re.search(r"\b([0-9a-f]+) <", insn.args)
        goal = (self.entry[0], int(where[1], 16)) if where else None
        word = self.flow.insn.get(goal)
        if word is None:
            return "[literal]"
        return "[=%s]" % (" ".join(self.names.name(k, t)
                                   for k, t in word.relocs) or word.args)

    def run(self, place):
        """The straight line from `place` up to a decision: its instructions
        (no-ops left out), the decision, and where that leads.

        Unconditional jumps are followed, so the order of blocks is of no
        account; that a jump is there, is."""
        flow, seen, body = self.flow, set(), []
        while place is not None and place not in seen:
            seen.add(place)
            if place in flow.site and place not in flow.ours:
                return body, "key %s" % flow.site[place].key, [
                    flow.key_target(place), flow.after.get(place)]
            kind = flow.kind(place)
            if kind == "jump":
                body.append(place)
                place = flow.branch(place)
                continue
            if kind == "cond":
                goals = [flow.branch(place), flow.next(place)]
                if normal.polarity(flow.arch, flow.insn[place].op)[1]:
                    goals.reverse()
                return body, self.form(place), goals
            if not flow.is_nop(place):
                body.append(place)
            place = flow.next(place)
        return body, "end", []

    def totals(self):
        """Counter of normalised instructions of the hot part, and no-ops."""
        return self.count(self.hot)

    def unseen(self):
        """The same of what no path from the entry leads to."""
        return self.count(self.hot - self.flow.reach([self.entry]))

    def count(self, places):
        counted, nops = Counter(), 0
        for place in places:
            if self.flow.insn[place].op.startswith("."):
                continue
            if self.flow.is_nop(place):
                nops += 1
            else:
                counted[self.form(place)] += 1
        return counted, nops


def paths(base, ours):
    """Walk both functions at once, from decision to decision.

    Returns (broken, growth, dearer, where).  broken: places where the two decide
    differently, so that what follows cannot be matched.  growth: {instruction:
    how many more of it ours executes on the path that is worst for it}; an
    instruction may stand before a decision here and after it there, or in
    another order, for the compiler schedules and orders blocks.  dearer: the
    same by kinds of cost.  where: the runs that differ, for a reader."""
    start = (base.entry, ours.entry)
    todo, edges, broken, where = [start], {}, [], []
    weight, price = {}, {}
    while todo:
        pair = todo.pop()
        if pair in edges:
            continue
        edges[pair] = []
        if len(edges) > LIMIT:
            return ["more than %d pairs of runs" % LIMIT], {}, {}, []
        if None in pair:
            if pair != (None, None):
                broken.append("a path ends in one build only, at %s"
                              % _spot(next(p for p in pair if p)))
            continue
        one, decision, goals = base.run(pair[0])
        two, choice, others = ours.run(pair[1])
        left = Counter(base.form(p) for p in one)
        right = Counter(ours.form(p) for p in two)
        for form in left.keys() | right.keys():
            more = right[form] - left[form]
            if more:
                weight.setdefault(form, {})[pair] = more
                for kind, much in cost.kinds(base.flow.arch, form).items():
                    by = price.setdefault(kind, Counter())
                    by[pair] += more * much
        if left != right or decision != choice:
            text = _describe(pair, left, right, decision, choice)
            (where if decision == choice else broken).append(text)
        if decision == choice:
            edges[pair] = list(zip(goals, others))
            todo.extend(edges[pair])
    return (broken, _growing(start, edges, weight),
            _growing(start, edges, price), where)


def _growing(start, edges, weights):
    """{what: the most that a path has more of it}, where that is not 0."""
    found = {what: worst(start, edges, by) for what, by in weights.items()}
    return {what: much for what, much in found.items() if much}


def worst(entry, edges, weight):
    """The largest sum of weights on a path from `entry`, at least 0.

    Where going round a loop adds, the sum has no bound: infinity."""
    best, todo = {entry: weight.get(entry, 0)}, [entry]
    for _ in range(len(edges) + 1):
        fresh = []
        for node in todo:
            for goal in edges[node]:
                total = best[node] + weight.get(goal, 0)
                if goal not in best or best[goal] < total:
                    best[goal] = total
                    fresh.append(goal)
        todo = fresh
        if not todo:
            return max(0, *best.values())
    return math.inf


def _spot(place):
    return "%s+%#x" % place


def _describe(pair, left, right, decision, choice):
    lines = ["base %s, ours %s:" % (_spot(pair[0]), _spot(pair[1]))]
    lines += ["  - %s" % t for t in sorted((left - right).elements())]
    lines += ["  + %s" % t for t in sorted((right - left).elements())]
    if decision != choice:
        lines.append("  then base: %s; ours: %s" % (decision, choice))
    return "\n".join(lines)


def compare(base, ours):
    """A Result for two Sides of one function.

    What counts is what is executed.  A tail that the compiler copied for a
    second path makes the function longer (`extra`) and no path longer."""
    left, nops = base.totals()
    right, more = ours.totals()
    broken, growth, dearer, where = paths(base, ours)
    lost, found = base.unseen()[0], ours.unseen()[0]
    if lost != found:
        broken.append(_describe((base.entry, ours.entry), lost, found,
                                "no path", "no path"))
    level = MORE if broken or dearer else NO_MORE if growth else EQUAL
    return Result(base.name, level, sum(left.values()), sum(right.values()),
                  more - nops, right - left, left - right, len(ours.cold),
                  growth, dearer, broken, where)


def identical(base, ours, name):
    """Difference of a function's text in two builds as text, or None.

    Nothing is normalised but where things lie: addresses, and the numbers and
    sections behind relocations."""
    one, two = (_listing(flow, names, name) for flow, names in (base, ours))
    if one == two:
        return None
    return "\n".join(difflib.unified_diff(one, two, "base", "ours", "", "",
                                          2, ""))


def length(flow, names, name):
    """How many instructions a function has."""
    return len(_listing(flow, names, name))


def _listing(flow, names, name):
    lines, start = [], flow.entry[name]
    place = start
    while place is not None:
        insn = flow.insn[place]
        args = re.sub(r"(?:0x)?[0-9a-f]+ <([^>+]+)(\+0x[0-9a-f]+)?>$",
                      lambda m: ("+%#x" % (insn.target - start[1])
                                 if m[1] == name and not insn.relocs
                                 else "" if insn.relocs else m[1]),
                      insn.args)
        if flow.arch == "arm" and line_number(flow, place):
            args = re.sub(r"#\d+$", "#LINE", args)
        refs = " ".join(names.name(k, t) for k, t in insn.relocs)
        lines.append("%s %s %s" % (re.sub(r"^movw$", "mov", insn.op)
                                   if "#LINE" in args else insn.op,
                                   args, refs))
        place = flow.after.get(place)
    while lines and re.match(r"(nop|data16|cs nop|xchg %ax,%ax|int3|\.\.\.)",
                             lines[-1]):
        lines.pop()             # padding up to the next function
    return lines
