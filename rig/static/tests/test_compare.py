"""compare.py: what is free passes, and what costs is seen."""
import unittest

from rig.static.tests.sample import compare, side

BASE = ["0: push %rbx",
        "1: mov %rdi,%rbx",
        "4: test %rsi,%rsi",
        "7: je 20 <f+0x20>",
        "9: mov 0x10(%rbx),%rax",
        "d: pop %rbx",
        "e: ret",
        "20: xor %eax,%eax",
        "22: pop %rbx",
        "23: ret"]

KEYED = ["0: push %rbx",
         "1: mov %rdi,%rbx",
         "4: nopl 0x0(%rax,%rax,1)",
         "9: test %rsi,%rsi",
         "c: je 20 <f+0x20>",
         "e: mov 0x10(%rbx),%rax",
         "12: pop %rbx",
         "13: ret",
         "20: xor %eax,%eax",
         "22: pop %rbx",
         "23: ret",
         "30: mov %rsi,%rdi",
         "33: call 40 <slow>",
         "38: mov %rax,%rsi",
         "3b: jmp 9 <f+0x9>"]
KEY = [(4, 0x30, "ours_key")]


def check(base, ours, keys=(), **more):
    return compare.compare(side(base, **more), side(ours, keys, **more))


class Free(unittest.TestCase):
    """These must pass."""

    def test_same(self):
        self.assertEqual(check(BASE, BASE).level, compare.EQUAL)

    def test_a_nop_and_what_the_key_hides(self):
        result = check(BASE, KEYED, KEY)
        self.assertEqual(result.level, compare.EQUAL, result)
        self.assertEqual((result.extra_nops, result.cold), (1, 4))
        self.assertFalse(result.extra or result.missing)

    def test_other_registers(self):
        ours = [line.replace("%rbx", "%r12") for line in BASE]
        self.assertEqual(check(BASE, ours).level, compare.EQUAL)

    def test_other_stack_slot_and_frame(self):
        base = ["0: sub $0x18,%rsp", "4: mov %rax,0x8(%rsp)", "8: ret"]
        ours = ["0: sub $0x20,%rsp", "4: mov %rax,0x10(%rsp)", "8: ret"]
        self.assertEqual(check(base, ours).level, compare.EQUAL)

    def test_blocks_in_another_order(self):
        ours = ["0: push %rbx", "1: mov %rdi,%rbx", "4: test %rsi,%rsi",
                "7: jne 20 <f+0x20>", "9: xor %eax,%eax", "b: pop %rbx",
                "c: ret", "20: mov 0x10(%rbx),%rax", "24: pop %rbx", "25: ret"]
        self.assertEqual(check(BASE, ours).level, compare.EQUAL)

    def test_a_shared_tail_copied(self):
        base = ["0: test %rsi,%rsi", "3: je 8 <f+0x8>", "5: mov $0x1,%eax",
                "8: pop %rbx", "9: ret"]
        ours = ["0: test %rsi,%rsi", "3: je 10 <f+0x10>", "5: mov $0x1,%eax",
                "8: pop %rbx", "9: ret", "10: pop %rbx", "11: ret"]
        result = check(base, ours)
        self.assertEqual(result.level, compare.EQUAL, result)
        self.assertEqual(sum(result.extra.values()), 2)

    def test_another_key_on_both_sides(self):
        key = [(4, 0x30, "tracepoint")]
        result = compare.compare(side(KEYED, key), side(KEYED, key))
        self.assertEqual(result.level, compare.EQUAL)
        self.assertEqual(result.cold, 0)


class Costs(unittest.TestCase):
    """These must not pass."""

    def assertGrows(self, result, form):
        self.assertEqual(result.level, compare.MORE)
        self.assertIn(form, result.growth)

    def test_a_spill(self):
        ours = KEYED[:2] + ["3: mov %rsi,0x8(%rsp)"] + KEYED[2:]
        self.assertGrows(check(BASE, ours, KEY), "mov R64,STK")

    def test_one_more_saved_register(self):
        base = ["0: push %rbx", "1: call 9 <g>", "6: pop %rbx", "7: ret"]
        ours = ["0: push %rbp", "1: push %rbx", "2: call 9 <g>",
                "7: pop %rbx", "8: pop %rbp", "9: ret"]
        self.assertGrows(check(base, ours), "push R64")

    def test_a_push_that_was_on_the_slow_path_only(self):
        base = ["0: test %rsi,%rsi", "3: jne 8 <f+0x8>", "5: ret",
                "8: push %rbx", "9: pop %rbx", "a: ret"]
        ours = ["0: push %rbx", "1: test %rsi,%rsi", "4: jne 9 <f+0x9>",
                "6: ret", "9: pop %rbx", "a: ret"]
        result = check(base, ours)
        self.assertFalse(result.extra or result.missing)
        self.assertGrows(result, "push R64")

    def test_another_offset(self):
        ours = [line.replace("0x10(%rbx)", "0x18(%rbx)") for line in BASE]
        result = check(BASE, ours)
        self.assertEqual(result.level, compare.NO_MORE)
        self.assertIn("mov 0x18(R64),R64", result.growth)

    def test_another_callee(self):
        base = ["0: call 5 <f+0x5>", "1! R_X86_64_PLT32 one-0x4", "5: ret"]
        ours = ["0: call 5 <f+0x5>", "1! R_X86_64_PLT32 two-0x4", "5: ret"]
        self.assertEqual(check(base, ours).level, compare.NO_MORE)

    def test_a_choice_of_instructions(self):
        base = ["0: sub x1, x2, x3", "4: cmp x2, x3", "8: ret"]
        ours = ["0: subs x1, x2, x3", "4: ret"]
        self.assertEqual(check(base, ours, arch="arm64").level,
                         compare.NO_MORE)
        self.assertEqual(check(ours, base, arch="arm64").level, compare.MORE)

    def test_two_stores_for_one(self):
        base = ["0: strd r2, [sp, #8]", "4: mov r1, r0", "8: bx lr"]
        ours = ["0: str r2, [sp, #8]", "4: str r3, [sp, #12]", "8: bx lr"]
        result = check(base, ours, arch="arm")
        self.assertEqual((result.level, result.dearer),
                         (compare.MORE, {"memory accesses": 1}))

    def test_one_more_test(self):
        ours = BASE[:2] + ["3: testb $0x1,0x20(%rbx)", "3a: je 4 <f+0x4>"] \
            + BASE[2:]
        self.assertEqual(check(BASE, ours).level, compare.MORE)

    def test_a_jump(self):
        ours = BASE[:4] + ["9: jmp 30 <f+0x30>"] + BASE[7:] + [
            "30: mov 0x10(%rbx),%rax", "34: pop %rbx", "35: ret"]
        self.assertGrows(check(BASE, ours), "jmp")

    def test_in_a_loop(self):
        base = ["0: dec %rsi", "3: jne 0 <f>", "5: ret"]
        ours = ["0: dec %rsi", "3: mov %rsi,%rdi", "6: jne 0 <f>", "8: ret"]
        self.assertEqual(check(base, ours).growth["mov R64,R64"],
                         float("inf"))

    def test_the_code_behind_a_key_that_is_not_ours(self):
        self.assertEqual(check(BASE, KEYED, [(4, 0x30, "tracepoint")]).level, compare.MORE)

    def test_a_branch_on_memory_in_place_of_a_key(self):
        ours = list(KEYED)
        ours[2] = "4: cmpl $0x0,0x0(%rip)"
        ours.insert(3, "8: jne 30 <f+0x30>")
        self.assertEqual(check(BASE, ours).level, compare.MORE)

    def test_code_that_no_path_leads_to(self):
        ours = BASE + ["40: mov %rax,%rbx", "43: ret"]
        self.assertEqual(check(BASE, ours).level, compare.MORE)


class Arm(unittest.TestCase):
    """The other two instruction sets."""

    def test_arm64_nop_and_cold(self):
        base = ["0: stp x29, x30, [sp, #-16]!", "4: bl 100 <g>",
                "8: ldp x29, x30, [sp], #16", "c: ret"]
        ours = ["0: stp x29, x30, [sp, #-32]!", "4: nop", "8: bl 100 <g>",
                "c: ldp x29, x30, [sp], #32", "10: ret", "14: bl 200 <slow>",
                "18: b 8 <f+0x8>"]
        result = check(base, ours, [(4, 0x14, "ours_key")], arch="arm64")
        self.assertEqual(result.level, compare.EQUAL, result)

    def test_arm64_goes_on_after_a_call(self):
        base = ["0: bl 100 <g>", "4: ret"]
        ours = ["0: bl 100 <g>", "4: mov x0, x1", "8: ret"]
        self.assertEqual(check(base, ours, arch="arm64").level, compare.MORE)

    def test_arm_saves_one_more(self):
        base = ["0: push {r4, r5, r6, lr}", "4: pop {r4, r5, r6, pc}"]
        ours = ["0: push {r4, r5, r6, r7, r8, lr}",
                "4: pop {r4, r5, r6, r7, r8, pc}"]
        self.assertEqual(check(base, ours, arch="arm").level, compare.MORE)

    def test_arm_other_registers(self):
        base = ["0: push {r4, r5, r6, lr}", "4: ldr r4, [r0, #8]",
                "8: pop {r4, r5, r6, pc}"]
        ours = ["0: push {r4, r7, r8, lr}", "4: ldr r7, [r0, #8]",
                "8: pop {r4, r7, r8, pc}"]
        self.assertEqual(check(base, ours, arch="arm").level, compare.EQUAL)

    def test_arm_line_of_a_warning(self):
        code = ["0: movw r1, #%d", "4: bl 0 <warn_slowpath_fmt>",
                "4! R_ARM_CALL warn_slowpath_fmt", "8: bx lr"]
        base = [code[0] % 718] + code[1:]
        ours = ["0: mov r1, #720"] + code[1:]
        self.assertEqual(check(base, ours, arch="arm").level, compare.EQUAL)


class Identical(unittest.TestCase):
    """identical() is stricter: nothing is free but addresses."""

    @staticmethod
    def differ(base, ours, **more):
        one, two = side(base, **more), side(ours, **more)
        return compare.identical((one.flow, one.names), (two.flow, two.names),
                                 "f")

    def test_elsewhere(self):
        moved = []
        for line in BASE:
            addr, _, text = line.partition(": ")
            moved.append("%x: %s" % (int(addr, 16) + 0x100, text.replace(
                "20 <f+0x20>", "120 <f+0x20>")))
        self.assertIsNone(self.differ(BASE, moved))

    def test_another_register(self):
        ours = [line.replace("%rbx", "%r12") for line in BASE]
        self.assertIn("%r12", self.differ(BASE, ours))

    def test_another_target(self):
        ours = [line.replace("20 <f+0x20>", "22 <f+0x22>") for line in BASE]
        self.assertIsNotNone(self.differ(BASE, ours))


if __name__ == "__main__":
    unittest.main()
