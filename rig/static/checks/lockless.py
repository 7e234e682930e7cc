"""Lookups that claim to take no lock and to write nothing: their object code has no
atomic read-modify-write, and calls nothing but what is listed."""
import re
from pathlib import Path

from rig.static.build import kbuild, source
from rig.static.build.ctx import recall
from rig.static.objects import disasm

#: arch: (what to make, where the object then is)
OBJECTS = {"arm64": ("arch/arm64/xen/", "arch/arm/xen/p2m.o"),
           "arm": ("arch/arm/xen/p2m.o", "arch/arm/xen/p2m.o")}
FUNCTIONS = ("__xen_p2m_bfn", "xen_p2m_contiguous", "xen_p2m_find_bfn")
#: the scheduler, which rcu_read_unlock_sched() can call; a tracer's hook; and what
#: takes the lock after writers disturbed a lookup several times
MAY_CALL = {"preempt_schedule", "__gnu_mcount_nc",
            "p2m_bfn_locked", "p2m_run_locked", "p2m_pfn_locked"}

ATOMIC = re.compile(
    r"(ld(a?x[rp]|rex)|st(l?x[rp]|rex|lex)|ldaex|cas|swp"
    r"|(ld|st)(add|clr|eor|set|[su]max|[su]min))[a-z]*$")
_CALL = re.compile(r"bl\w*$|b(\.\w+)?$")


def faults(function):
    """What is wrong with a function of disasm's."""
    wrong = []
    for insn in function.insns:
        if ATOMIC.match(insn.op):
            wrong.append("%x: %s %s is atomic" % (insn.addr, insn.op, insn.args))
        if not _CALL.match(insn.op):
            continue
        # A call within the section has no relocation, but objdump names it.
        names = [symbol for _, symbol in insn.relocs] or re.findall(r"<(.+)>", insn.args)
        if not names and insn.op.startswith("bl"):
            wrong.append("%x: %s %s calls what nobody knows" % (insn.addr, insn.op, insn.args))
        for symbol in names:
            name = re.split(r"[+-]0x", symbol)[0]
            name = re.sub(r"\.(part|isra|constprop|cold)\.?\d*$", "", name)
            if name not in MAY_CALL and name != function.name:
                wrong.append("%x: calls %s" % (insn.addr, name))
    return wrong


def check(functions):
    """Yield (name, faults) for all of FUNCTIONS."""
    found = {f.name: f for f in functions}
    for name in FUNCTIONS:
        yield name, faults(found[name]) if name in found else ["is not there"]


def run(ctx):
    """Yield (name, ok, detail)."""
    key = kbuild.key(ctx, Path(__file__), source.git(ctx.tree, "rev-parse", "patched^{tree}"))
    yield from recall(ctx, "lockless", key, lambda: _run(ctx))


def _run(ctx):
    src = source.at(ctx, "patched")
    for arch, (target, path) in OBJECTS.items():
        if arch not in ctx.arches:
            continue
        build = kbuild.Build(ctx, arch, "o-build-%s-on" % arch,
                             kbuild.configuration(arch, "on", "build"))
        build.configure(src)
        build.make(target)
        for name, wrong in check(disasm.disassemble(build.out / path, build.cross)):
            yield "lockless: %s %s" % (arch, name), not wrong, "\n".join(wrong)
