"""Control flow of one function, and which of its code a static key hides."""

import re

#: calls that do not come back
NORETURN = {"__stack_chk_fail", "panic", "__fortify_panic", "__bug",
            "__ubsan_handle_builtin_unreachable"}

_ARM_COND = ("eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le")
_SYNTAX = {
    "x86_64": {
        "jump": r"jmp$", "cond": r"j(?!mp)\w+$|loop\w*$",
        "end": r"(ret|iret|sysret|jmp)\w*$", "call": r"call$",
        "trap": r"ud[012]\w*$|int3$",
        "nop": r"((data16|cs|rex\.W) )*(nop[wl]?|xchg)$"},
    "arm64": {
        "jump": r"b$", "cond": r"(b\.\w+|cbn?z|tbn?z)$",
        "end": r"(ret\w*|br\w*|eret\w*|b)$", "call": r"(bl|blr\w*)$", "trap": r"(brk|udf)$",
        "nop": r"nop$"},
    "arm": {
        "jump": r"b$", "cond": r"b(%s)$" % _ARM_COND,
        "end": r"(b|bx)$", "call": r"(bl|blx)$", "trap": r"udf$|bkpt$",
        "nop": r"nop$"},
}


class Flow:
    """The functions of one object with what connects their instructions.

    An instruction is known by (section, offset).  `ours` tells, by the name of
    a key, whether a site belongs to the keys under test."""

    def __init__(self, arch, functions, sites, warns, ours):
        self.arch, self.warns = arch, warns
        self.syntax = {k: re.compile(v) for k, v in _SYNTAX[arch].items()}
        self.insn, self.after, self.home = {}, {}, {}
        for function in functions:
            places = [(function.section, i.addr) for i in function.insns]
            for place, insn in zip(places, function.insns):
                self.insn[place] = insn
                self.home[place] = function.name
            for place, following in zip(places, places[1:]):
                self.after[place] = following
        self.entry = {f.name: (f.section, f.insns[0].addr)
                      for f in functions if f.insns}
        self.site = {(s.section, s.code): s for s in sites}
        self.ours = {p for p, s in self.site.items() if ours(s.key)}

    def owner(self, place):
        """The function a place belongs to; foo.cold is part of foo."""
        return re.sub(r"\.cold(\.\d+)?$", "", self.home[place])

    def is_nop(self, place):
        insn = self.insn[place]
        if not self.syntax["nop"].match(insn.op):
            return self.arch == "x86_64" and insn.op == "lea" and bool(
                re.match(r"0x0\((%\w+)(,%[er]iz,1)?\),\1$", insn.args))
        return "xchg" not in insn.op or insn.args == "%ax,%ax"

    def kind(self, place):
        """jump, cond, end, trap, call or plain."""
        insn = self.insn[place]
        if self.syntax["jump"].match(insn.op) and self.branch(place):
            return "jump"
        if self.syntax["cond"].match(insn.op):
            return "cond"
        if self.syntax["end"].match(insn.op):
            return "end"
        if self.syntax["trap"].match(insn.op):
            return "trap"
        if self.arch == "arm" and _arm_writes_pc(insn):
            return "end" if not _arm_conditional(insn) else "maybe-end"
        if self.syntax["call"].match(insn.op):
            return "call"
        return "plain"

    def branch(self, place):
        """Where a direct jump inside the function goes, or None."""
        insn = self.insn[place]
        if insn.relocs:
            match = re.match(r"(\.text[\w.]*|[\w.]+\.cold[\w.]*)"
                             r"(?:([+-])0x([0-9a-f]+))?$", insn.relocs[0][1])
            if not match:
                return None
            off = int(match[3] or "0", 16) * (-1 if match[2] == "-" else 1)
            if insn.relocs[0][0].startswith("R_X86_64_P"):
                off += 4
            if match[1] in self.entry:
                section, start = self.entry[match[1]]
                goal = (section, start + off)
            else:
                goal = (match[1], off)
        elif insn.target is not None:
            goal = (place[0], insn.target)
        else:
            return None
        if goal in self.insn and self.owner(goal) == self.owner(place):
            return goal
        return None

    def next(self, place):
        """Where control goes on to without a jump, or None."""
        kind = self.kind(place)
        if kind in ("jump", "end"):
            return None
        if kind == "trap" and place not in self.warns:
            return None
        if kind == "call" and _callee(self.insn[place]) in NORETURN:
            return None
        return self.after.get(place)

    def key_target(self, place):
        """Where a static key's site jumps when it is on, or None."""
        site = self.site.get(place)
        return (site.target_section, site.target) if site else None

    def edges(self, place):
        """Successors with every key under test off; other keys both ways."""
        found = [self.next(place)]
        if self.kind(place) in ("jump", "cond"):
            found.append(self.branch(place))
        if place in self.site and place not in self.ours:
            found += [self.key_target(place), self.after.get(place)]
        return [p for p in found if p in self.insn]

    def reach(self, roots):
        seen, todo = set(), [r for r in roots if r in self.insn]
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo.extend(self.edges(place))
        return seen

    def split(self, name):
        """(hot, cold) places of a function.

        Cold is what only a jump of the keys under test leads to.  What no
        path that we see leads to (the arms of a jump table) counts as hot."""
        mine = {p for p in self.insn if self.owner(p) == name}
        live = self.reach([self.entry[name]])
        keyed = self.reach([self.key_target(p) for p in self.ours & mine])
        cold = (keyed - live) & mine
        return mine - cold, cold


def _callee(insn):
    """Name of what a direct call calls."""
    if insn.relocs:
        return re.sub(r"[+-]0x[0-9a-f]+$", "", insn.relocs[0][1])
    match = re.search(r"<([^+>]+)>$", insn.args)
    return match[1] if match else ""


def _arm_writes_pc(insn):
    return bool(re.match(r"(pop|ldm)\w*$", insn.op) and
                re.search(r"\bpc\}", insn.args) or
                re.match(r"(mov|ldr|add|bx)\w*$", insn.op) and
                re.match(r"(pc,|lr$)", insn.args))


def _arm_conditional(insn):
    return bool(re.search(r"(%s)$" % _ARM_COND, insn.op)) and \
        insn.op not in ("movs", "bics")
