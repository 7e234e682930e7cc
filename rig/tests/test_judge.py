"""verdict/judge.py and verdict/summary.py on outcomes made here: what may pass, what may not."""
import unittest
from pathlib import Path

from rig.machine import testfile
from rig.machine.boot import Boot
from rig.machine.runner import Outcome
from rig.verdict import judge, summary

GOOD = """\
KTAP version 1
  # kernel=7.3.4 machine=x86_64
  # xen=4.17.5 features=00012b05
  # path=dma-direct,_nothing_to_translate
  # lockdep=1
1..1
  KTAP version 1
  # Subtest: t
  ok 1 reads
  # device=nvme bytes=2097152 mapped=5 bounced=1 foreign=0
  1..1
ok 1 t""".splitlines()


def outcome(head="", lines=None, nonce="n1", extra="", problem="", kernel="ours"):
    lines = GOOD if lines is None else lines
    test = testfile.parse("t.sh", head)
    item = Boot(test.machine("pvh", kernel), [test])
    out = ["Linux version 7.3.4", extra]
    out += [f"@KTAP@ {nonce} {n} {len(line)} {line}" for n, line in enumerate(lines, 1)]
    out += [f"@DONE@ {nonce} {len(lines)}"]
    return Outcome(item, "n1", "\r\n".join(out), Path("/log"), 9.5, 8.5, {}, problem)


def failing():
    return [line.replace("ok 1", "not ok 1") for line in GOOD]


class Judge(unittest.TestCase):
    def test_good(self):
        self.assertTrue(judge.judge(outcome()).passed)

    def test_bad(self):
        for name, item in (("not ok", outcome(lines=failing())),
                           ("other run's mark", outcome(nonce="n0")),
                           ("dirty log", outcome(extra="[ 1.0] BUG: x")),
                           ("watchdog", outcome(problem="watchdog: 9 s")),
                           ("nothing said", outcome(lines=[])),
                           ("test says nothing", outcome(lines=[
                               line for line in GOOD if "reads" not in line])),
                           ("other test", outcome(lines=[
                               line.replace("Subtest: t", "Subtest: u") for line in GOOD]))):
            with self.subTest(name):
                self.assertFalse(judge.judge(item).passed)

    def test_lockdep_lives_to_the_end(self):
        dead = [line.replace("lockdep=1", "lockdep=0") for line in GOOD]
        mute = [line for line in GOOD if "lockdep" not in line]
        for lines in (dead, mute):
            self.assertFalse(judge.judge(outcome(lines=lines)).passed)
            self.assertTrue(judge.judge(outcome(lines=lines, kernel="ours-fast")).passed)
        control = judge.judge(outcome("#: expect: fail x\n#: fails: reads\n",
                                      failing()[:4] + failing()[5:]))
        self.assertTrue(control.passed)

    def test_host_verify_without_disk_fails(self):
        lines = GOOD[:10] + ["  # host-verify disk=nvme offset=16777216 length=9 sha256="
                            + "0" * 64] + GOOD[10:]
        self.assertFalse(judge.judge(outcome(lines=lines)).passed)

    def test_control_must_fail(self):
        head = "#: expect: fail no translation\n#: fails: reads\n"
        self.assertTrue(judge.judge(outcome(head, failing())).passed)
        self.assertFalse(judge.judge(outcome(head)).passed)

    def test_control_that_broke_off_is_no_proof(self):
        head = "#: expect: fail no translation\n#: fails: reads\n"
        for words in ("ran to its end", "ended in time"):
            lines = [line.replace("reads", f"t {words}") for line in failing()]
            self.assertFalse(judge.judge(outcome(head, lines)).passed)

    def test_control_that_checked_nothing_is_no_proof(self):
        lines = [line for line in GOOD if "reads" not in line]
        self.assertFalse(judge.judge(outcome("#: expect: fail x\n#: fails: checks\n",
                                             lines)).passed)

    def test_what_a_control_must_fail(self):
        for words, good in (("reads", True), ("^re; ads$", True), ("writes", False),
                            ("reads; writes", False)):
            head = f"#: expect: fail no translation\n#: fails: {words}\n"
            self.assertEqual(judge.judge(outcome(head, failing())).passed, good, words)

    def test_control_that_died_is_no_proof(self):
        head = "#: expect: fail no translation\n#: fails: reads\n"
        self.assertFalse(judge.judge(outcome(head, failing(), nonce="n0")).passed)

    def test_base_expected_fail_holds_for_base_only(self):
        head = "#: base: expected-fail it bounces\n#: fails: reads\n"
        self.assertTrue(judge.judge(outcome(head, failing(), kernel="base")).passed)
        self.assertFalse(judge.judge(outcome(head, failing())).passed)
        self.assertFalse(judge.judge(outcome(head, kernel="base")).passed)


class Summary(unittest.TestCase):
    def test_words(self):
        text = summary.text([judge.judge(outcome())])
        for words in ("pvh (ours kernel): passed", "Xen 4.17.5, features 00012b05: "
                      "auto-translated, not direct mapped", "bounce pool: none",
                      "path: dma-direct, nothing to translate", "2.0 MiB", "/log"):
            self.assertIn(words, text)

    def test_failure_is_named(self):
        text = summary.text([judge.judge(outcome(extra="[ 1.0] BUG: x"))])
        self.assertIn("FAILED boot: the log is clean", text)
        self.assertIn("BUG at line 2", text)

    def test_pools(self):
        one = {"swiotlb_slabs": "512", "high_max": "32768", "low_max": str(2 ** 64 - 1),
               "high_grown": "3", "high_failed": "0", "low_grown": "0", "low_failed": "0"}
        self.assertEqual(summary.pools({}, []), "none")
        self.assertEqual(summary.pools({"swiotlb_slabs": "512"}, []), "1.0 MiB")
        self.assertEqual(summary.pools(one, [one, {}, one]),
                         "1.0 MiB, high ones up to 64 MiB, 6 high added")
        self.assertEqual(summary.pools(one, [one, one | {"low_grown": "2", "low_failed": "7"}]),
                         "1.0 MiB, high ones up to 64 MiB, 2 low and 6 high added, "
                         "7 mappings found no room")

    def test_size(self):
        self.assertEqual([summary.size(n) for n in (0, 1536, 64 << 20)],
                         ["0 B", "1.5 KiB", "64 MiB"])


if __name__ == "__main__":
    unittest.main()
