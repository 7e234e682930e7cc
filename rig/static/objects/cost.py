"""What an instruction costs, in the few kinds that tell: how many are executed,
how often memory is accessed, what is called and jumped to."""

import re

_X86_MEMORY = re.compile(r"STK|\(")
_MULTI = re.compile(r"\{(\d+)( pc)?\}")


def kinds(arch, form):
    """{kind: how much} of a normalised instruction."""
    op = form.split(" ", 1)[0]
    found = {"instructions": 1}
    if op == "jmp" and form == "jmp":
        found["jumps"] = 1
    elif op in ("call", "bl", "blx", "blr"):
        found["calls"] = 1
    count = _accesses(arch, op, form.split(" {", 1)[0]
                      if arch == "x86_64" else form)
    if count:
        found["memory accesses"] = count
    return found


def _accesses(arch, op, form):
    if arch == "x86_64":
        if op in ("push", "pop"):
            return 1
        return int(op != "lea" and bool(_X86_MEMORY.search(form)))
    if re.match(r"(ldp|stp|ldrd|strd)", op):
        return 1
    match = _MULTI.search(form)
    if re.match(r"(ldm|stm|push|pop)", op) and match:
        return int(match[1])    # in words: a longer list is more work
    return int(bool(re.match(r"(ld|st)[rlxua]", op)))
