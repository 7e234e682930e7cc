"""checks/mutants.py on made-up sources."""
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from rig.static.checks import mutants

TEXTS = {path: f"/* {path} */\n" for path in mutants.SOURCES}
TEXTS[mutants.C] = "#include <linux/made/up.h>\nint one;\nint two;\n"


class Mutants(unittest.TestCase):
    def one(self, old, verdict):
        with mock.patch.object(mutants, "verdict", return_value=verdict) as judge:
            row = mutants.one(TEXTS, ("m", mutants.C, old, "X"), None)
        return row[1], judge

    def test_noticed_or_not(self):
        for verdict, good in (((True, False, "seen"), True), ((True, True, "passed"), False),
                              ((False, False, "error"), False)):
            self.assertEqual(self.one("int one;", verdict)[0], good)

    def test_both_suites_must_notice(self):
        verdicts = {"harness": (True, False, "seen"), "kunit": (True, True, "passed")}
        with mock.patch.object(mutants, "verdict", side_effect=lambda *a: verdicts[a[2]]):
            for name, good in (("m", False), (next(iter(mutants.NOT_BY_KUNIT)), True)):
                row = mutants.one(TEXTS, (name, mutants.C, "int one;", "X"), None)
                self.assertEqual(row[1], good)
        self.assertLessEqual(mutants.NOT_BY_KUNIT, {m[0] for m in mutants.MUTANTS})

    def test_what_is_judged(self):
        _, judge = self.one("int one;", (True, False, ""))
        self.assertEqual([call[0][2] for call in judge.call_args_list], ["harness", "kunit"])
        changed, = [path for path in TEXTS if judge.call_args[0][0][path] != TEXTS[path]]
        self.assertEqual(changed, mutants.C)

    def test_no_place_or_several(self):
        for old in ("int three;", "int "):
            good, judge = self.one(old, (True, False, ""))
            self.assertFalse(good)
            judge.assert_not_called()

    def test_names_are_unique_and_all_change_something(self):
        self.assertEqual(len({m[0] for m in mutants.MUTANTS}), len(mutants.MUTANTS))
        self.assertGreaterEqual(len(mutants.MUTANTS), 10)
        for name, path, old, new in mutants.MUTANTS:
            self.assertIn(path, mutants.SOURCES, name)
            self.assertNotEqual(old, new, name)

    def test_no_mutant_is_tried_on_what_fails(self):
        with tempfile.TemporaryDirectory() as scratch, \
                mock.patch.object(mutants, "verdict", return_value=(True, False, "no")):
            rows = list(mutants.results(TEXTS, Path(scratch), 1))
        self.assertEqual([row[1] for row in rows], [False, False])

    def test_headers(self):
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            mutants.prepare(place, TEXTS)
            self.assertEqual((place / "linux/made/up.h").read_text("ascii"), "")
            self.assertIn("rbtree.c", (place / "rbtree.c").read_text("ascii"))
            self.assertTrue((place / "kernel.h").exists())


if __name__ == "__main__":
    unittest.main()
