"""What an instruction is, but for its choice of registers and stack slots.

A register becomes its class and width, a place on the stack becomes STK, the
size of the frame FRAME, a list of saved registers its length.  Everything
else stays: operation, immediates, offsets in structures, what is called.  So
another allocation of registers compares equal, one more spill does not."""

import re

_X86_WIDTH = [
    (r"%(?:[re]ip|[re]iz|[cdefgs]s|cr\d+)\b", None),
    (r"%(?:r(?:[abcd]x|[sd]i|bp)|r(?:[89]|1[0-5]))(?![\w])", "R64"),
    (r"%(?:e(?:[abcd]x|[sd]i|bp)|r(?:[89]|1[0-5])d)\b", "R32"),
    (r"%(?:[abcd]x|[sd]i|bp|r(?:[89]|1[0-5])w)\b", "R16"),
    (r"%(?:[abcd][lh]|[sd]il|bpl|r(?:[89]|1[0-5])b)\b", "R8"),
]
_X86_INVERSE = {"e": "ne", "a": "be", "ae": "b", "g": "le", "ge": "l",
                "s": "ns", "o": "no", "p": "np"}
_ARM_INVERSE = {"eq": "ne", "hi": "ls", "cs": "cc", "hs": "lo", "gt": "le",
                "ge": "lt", "mi": "pl", "vs": "vc"}


def registers(arch, op, args):
    """`op` and `args` with registers and stack offsets taken out."""
    return {"x86_64": _x86, "arm64": _arm64, "arm": _arm}[arch](op, args)


def _x86(op, args):
    if op == "add" and args == "$0x8,%rsp":
        return "pop R64"        # what gcc writes for it where size counts
    if re.match(r"(sub|add)q?$", op) and re.match(r"\$-?0x\w+,%rsp$", args):
        return "%s FRAME,%%rsp" % op
    args = re.sub(r"(-?0x[0-9a-f]+)?\(%rsp\)", "STK", args)
    for pattern, name in _X86_WIDTH:
        if name:
            args = re.sub(pattern, name, args)
    return "%s %s" % (op, args)


def _arm64(op, args):
    if op in ("sub", "add") and re.match(r"sp, sp, #", args):
        return "%s sp, sp, FRAME" % op
    if op == "add" and re.match(r"x\d+, sp, #", args):
        return "add X, STK"
    args = re.sub(r"\[sp(, #-?\w+)?\]!", "PUSH", args)
    args = re.sub(r"\[sp\], #-?\w+", "POP", args)
    args = re.sub(r"\[sp(, #-?\w+)?\]", "STK", args)
    args = re.sub(r"\bx(?:[12]?\d|30)\b", "X", args)
    args = re.sub(r"\bw(?:[12]?\d|30)\b", "W", args)
    return "%s %s" % (op, args)


def _arm(op, args):
    if re.match(r"(push|pop|ldm|stm)", op):
        match = re.search(r"\{(.*)\}", args)
        if match:
            names = [n.strip() for n in match[1].split(",")]
            count = "{%d%s}" % (len(names), " pc" if "pc" in names else "")
            args = args.replace(match[0], count)
    if op in ("sub", "add") and re.match(r"sp, sp, #", args):
        return "%s sp, sp, FRAME" % op
    if op == "add" and re.match(r"\w+, sp, #", args):
        return "add R, STK"
    args = re.sub(r"\[sp(, #-?\w+)?\]!", "PUSH", args)
    args = re.sub(r"\[sp\], #-?\w+", "POP", args)
    args = re.sub(r"\[sp(, #-?\w+)?\]", "STK", args)
    args = re.sub(r"\b(r1?\d|sl|fp|ip|lr)\b", "R", args)
    return "%s %s" % (op, args)


def polarity(arch, op):
    """A conditional jump's canonical name, and whether it is the inverse."""
    table = _X86_INVERSE if arch == "x86_64" else _ARM_INVERSE
    head, cond = {
        "x86_64": lambda: ("j", op[1:]),
        "arm64": lambda: ("b.", op[2:]) if op.startswith("b.") else (op, ""),
        "arm": lambda: ("b", op[1:]),
    }[arch]()
    if op in ("cbnz", "tbnz"):
        return op.replace("bnz", "bz"), True
    for name, inverse in table.items():
        if cond == inverse:
            return head + name, True
    return head + cond, False
