"""checks/lockless.py on made-up code."""
import unittest

from rig.static.checks import lockless
from rig.static.objects import disasm

TEXT = """
Disassembly of section .text:

0000000000000000 <xen_p2m_contiguous>:
   0:\tldr\tx3, [x0]
   4:\tbl\t0 <preempt_schedule>
\t\t\t4: R_AARCH64_CALL26\tpreempt_schedule
   8:\t%s
\t\t\t8: %s
   c:\tret
"""


def faults(insn, reloc="R_AARCH64_NONE\tnothing"):
    function, = disasm.functions(TEXT % (insn, reloc))
    return lockless.faults(function)


class Faults(unittest.TestCase):
    def test_plain_code(self):
        for insn in ("ldar\tw1, [x0]", "ldp\tx1, x2, [x0]", "stp\tx1, x2, [sp]",
                     "dmb\tishld", "str\tx1, [x2]", "ldrb\tw1, [x0]"):
            self.assertEqual(faults(insn), [], insn)

    def test_atomics(self):
        for insn in ("ldxr\tw1, [x0]", "stlxr\tw2, w1, [x0]", "ldaddal\tw1, w2, [x0]",
                     "casal\tx1, x2, [x0]", "swpa\tx1, x2, [x0]", "ldrex\tr1, [r0]",
                     "strexeq\tr2, r1, [r0]", "stadd\tw1, [x0]"):
            self.assertEqual(len(faults(insn)), 1, insn)

    def test_calls(self):
        self.assertEqual(faults("bl\t0 <x>", "R_AARCH64_CALL26\tpreempt_schedule"), [])
        self.assertEqual(len(faults("bl\t0 <x>", "R_AARCH64_CALL26\t_raw_spin_lock")), 1)
        self.assertEqual(len(faults("b\t0 <x>", "R_AARCH64_JUMP26\tmutex_lock+0x4")), 1)

    def test_calls_within_the_section(self):
        text = TEXT.rsplit("\t\t\t8:", 1)[0] + "   c:\tret\n"
        for insn, wrong in (("bl\t40 <p2m_lock>", 1), ("b.ne\t40 <p2m_lock+0x4>", 1),
                            ("b.ne\tc <xen_p2m_contiguous+0xc>", 0),
                            ("bl\t40 <preempt_schedule>", 0), ("blr\tx3", 1),
                            ("blx\tr3", 1)):
            function, = disasm.functions(text % insn)
            self.assertEqual(len(lockless.faults(function)), wrong, insn)

    def test_missing(self):
        self.assertEqual([w for _, w in lockless.check([])], [["is not there"]] * 3)


if __name__ == "__main__":
    unittest.main()
