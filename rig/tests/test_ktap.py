"""verdict/ktap.py: a verdict is taken only whole and only with the run's nonce."""
import unittest

from rig.verdict import ktap

LINES = """\
KTAP version 1
  # xen=4.17.5 features=00000705
1..2
  KTAP version 1
  # Subtest: disk
  ok 1 nvme reads
  # device=nvme bytes=4096
  not ok 2 ahci reads
  # why: got 'a', expected 'b'
  ok 3 sdhci reads # SKIP no card
  1..3
not ok 1 disk
  KTAP version 1
  # Subtest: net
  ok 1 ping
  1..1
ok 2 net""".splitlines()


def console(lines, nonce="n1", rounds=2):
    out = ["(XEN) Xen version 4.17", "[    0.0] Linux version 7.3.4"]
    for _ in range(rounds):
        out += [f"@KTAP@ {nonce} {number} {len(line)} {line}\r"
                for number, line in enumerate(lines, 1)]
    return out + [f"@DONE@ {nonce} {len(lines)}\r"]


class Read(unittest.TestCase):
    def test_whole(self):
        doc = ktap.read("\n".join(console(LINES)), "n1")
        self.assertTrue(doc.done)
        self.assertEqual(doc.problem, "")
        self.assertEqual(doc.facts, ["xen=4.17.5 features=00000705"])
        disk, net = doc.subtests
        self.assertEqual([r.passed for r in disk.results], [True, False, False])
        self.assertEqual(disk.results[2].skip, "no card")
        self.assertFalse(disk.passed)
        self.assertTrue(net.passed)
        self.assertEqual(disk.results[1].notes, ["why: got 'a', expected 'b'"])

    def test_other_nonce_is_no_verdict(self):
        doc = ktap.read("\n".join(console(LINES, "old")), "n1")
        self.assertFalse(doc.done)
        self.assertIn("end mark", doc.problem)

    def test_torn_line_comes_from_the_second_copy(self):
        out = console(LINES)
        out[7] = out[7][:14] + "(XEN) d0v0 something" + out[7][14:]
        self.assertTrue(ktap.read("\n".join(out), "n1").done)

    def test_torn_twice_is_no_verdict(self):
        out = [line for line in console(LINES) if " 6 " not in line[:14]]
        doc = ktap.read("\n".join(out), "n1")
        self.assertFalse(doc.done)
        self.assertIn("1 of 17 lines", doc.problem)

    def test_no_end_mark(self):
        self.assertFalse(ktap.read("\n".join(console(LINES)[:-1]), "n1").done)

    def test_echoed_end_mark_inside_a_line(self):
        out = console(LINES)[:-1] + ["+ echo @DONE@ n1 17 >/dev/console"]
        self.assertFalse(ktap.read("\n".join(out), "n1").done)

    def test_fewer_tests_than_announced(self):
        doc = ktap.read("\n".join(console(LINES[:12])), "n1")
        self.assertIn("2 tests announced, 1 reported", doc.problem)

    def test_plan_and_results_disagree(self):
        lines = [line for line in LINES if "ahci reads" not in line]
        self.assertIn("disk: 1..3 but 2", ktap.parse(lines).problem)


class Write(unittest.TestCase):
    def test_skip_counts_as_neither(self):
        writer = ktap.Writer()
        writer.group("g", [ktap.Result(True, "a"), ktap.Result(False, "b", skip="why")])
        self.assertEqual((writer.passed, writer.failed, writer.skipped), (1, 0, 1))
        self.assertIn("ok 2 b # SKIP why", writer.text())
        self.assertTrue(writer.text().endswith("\nok 1 g\n"))

    def test_empty_group_has_not_passed(self):
        writer = ktap.Writer()
        writer.group("g", [])
        self.assertIn("not ok 1 g", writer.text())

    def test_round_trip(self):
        writer = ktap.Writer()
        writer.group("g", [ktap.Result(True, "a"), ktap.Result(False, "b", notes=["why: x"])])
        doc = ktap.parse(writer.text().splitlines())
        self.assertEqual([(r.name, r.passed) for r in doc.subtests[0].results],
                         [("a", True), ("b", False)])

    def test_notes_come_before_what_they_belong_to(self):
        writer = ktap.Writer()
        writer.group("g", [ktap.Result(True, "a"), ktap.Result(False, "b", notes=["why: x"])],
                     ["seconds=3"])
        self.assertEqual(writer.text().splitlines()[2:], [
            "  KTAP version 1", "  # Subtest: g", "  # seconds=3", "  1..2", "  ok 1 a",
            "  # why: x", "  not ok 2 b", "not ok 1 g"])

    def test_groups_are_read_back(self):
        groups = [("g", [ktap.Result(True, "a", notes=["n=1"]), ktap.Result(False, "b", skip="s"),
                         ktap.Result(False, "c", notes=["why: x\x85  ok 9 y", "1..2",
                                                          "ok 1 d"])], ["k=v"]),
                  ("h: i", [], []), ("j", [ktap.Result(False, "e", skip="t")], [])]
        writer = ktap.Writer()
        for group in groups:
            writer.group(*group)
        self.assertEqual(ktap.groups(writer.text()), groups)

    def test_each_line_of_a_note_is_a_note(self):
        writer = ktap.Writer()
        writer.group("g", [ktap.Result(False, "a", notes=["why: x\n  ok 9 y"])])
        self.assertEqual(ktap.groups(writer.text())[0][1][0].notes, ["why: x", "  ok 9 y"])
        self.assertIn("\n  # why: x\n  #   ok 9 y\n", writer.text())

    def test_a_description_holds_no_directive(self):
        writer = ktap.Writer()
        writer.group("g", [ktap.Result(False, "disk #1 reads")])
        self.assertIn("  not ok 1 disk No.1 reads\n", writer.text())

    def test_pairs(self):
        self.assertEqual(ktap.pairs("device=nvme bytes=4 x"), {"device": "nvme", "bytes": "4"})


if __name__ == "__main__":
    unittest.main()
