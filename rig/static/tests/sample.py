"""Hand-made objects for the tests: objdump's words, without an object."""
from rig.static.objects import cfg, compare, disasm, jumptable


class Plain:
    """Stands in for names.Names where nothing has to be looked up."""

    @staticmethod
    def name(_kind, text):
        return text


def side(lines, keys=(), arch="x86_64", name="f", warns=()):
    """A Side of function `name`.

    `lines` are "addr: instruction" with addr in hex, a relocation as
    "addr! TYPE symbol"; `keys` are (site, target, key)."""
    text = ["Disassembly of section .text:", "", "%016x <%s>:" % (
        int(lines[0].split(":")[0], 16), name)]
    for line in lines:
        if "!" in line.split()[0]:
            where, kind, symbol = line.replace("!", "").split()
            text.append("\t\t\t%s: %s\t%s" % (where, kind, symbol))
        else:
            where, _, insn = line.partition(": ")
            text.append("  %s:\t%s" % (where, insn))
    sites = [jumptable.Site(".text", code, ".text", target, key)
             for code, target, key in keys]
    flow = cfg.Flow(arch, disasm.functions("\n".join(text)), sites,
                    {(".text", w) for w in warns},
                    lambda key: key.startswith("ours"))
    return compare.Side(flow, Plain(), name)
