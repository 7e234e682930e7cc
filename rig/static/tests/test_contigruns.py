"""checks/contigruns.py on made-up sources."""
import tempfile
import unittest
from pathlib import Path

from rig.common.error import RigError
from rig.static.checks import contigruns

TEST = """
#include <linux/made/up.h>
#include "contiguous.c"
static int contigtest_show(void *m, void *v)
{
	seq_printf(m, "%sok %s", ANSWER ? "" : "not ", "it is right");
	seq_putc(m, '\\n');
	return ENDS;
}
static int init(void)
{
	return 0;
}
module_init(init);
"""


class ContigRuns(unittest.TestCase):

    def attempt(self, source):
        with tempfile.TemporaryDirectory() as name:
            test = Path(name) / "contigtest.c"
            test.write_text(TEST, "ascii")
            return contigruns.attempt(Path(name) / "place", test, source)

    def test_passes(self):
        self.assertEqual(self.attempt("#define ANSWER 1\n#define ENDS 0\n"),
                         (True, True, ""))

    def test_what_fails_is_told(self):
        self.assertEqual(self.attempt("#define ANSWER 0\n#define ENDS 0\n"),
                         (True, False, "not ok it is right"))

    def test_must_end_well(self):
        self.assertEqual(self.attempt("#define ANSWER 1\n#define ENDS 3\n"),
                         (True, False, "ended with 1"))

    def test_does_not_build(self):
        built, passed, said = self.attempt("no C")
        self.assertFalse(built or passed)
        self.assertIn("contiguous.c", said)

    def test_one_place_to_mutate(self):
        self.assertEqual(contigruns.mutated("a b", "b", "c"), "a c")
        for text in ("a", "b b"):
            with self.assertRaises(RigError):
                contigruns.mutated(text, "b", "c")

    def test_names_are_unique_and_all_change_something(self):
        self.assertEqual(len({m[0] for m in contigruns.MUTANTS}), len(contigruns.MUTANTS))
        for _, old, new in contigruns.MUTANTS:
            self.assertNotEqual(old, new)


if __name__ == "__main__":
    unittest.main()
