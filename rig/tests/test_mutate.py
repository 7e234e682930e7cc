"""Mutants: what is put into C, the source that has all of them, what is told of them."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from rig.mutants import operators, parse, schemata, tokens  # noqa: E402

SAMPLE = '''\
#include <stddef.h>
#define LIMIT 8		/* a "string" */
#define LONG(x) \\
	((x) + 1)
#ifdef NEVER
int odd(void) { return 0; }
#endif

/* if (comment) */
static struct thing {
	int a[2];
} things = { .a = { 3, 4 } };

DECLARE(something)

static __always_inline struct thing *
first(const struct thing *one, int (*ask)(int what, int how), unsigned long nr[])
{
	struct thing *found = NULL;
	char c = '"';

	if (one && nr > 1)
		return NULL;
	else if (!c)
		found = &things;
	for (int i = 0; i < 4; i++) {
		nr[i] += (long)nr[0] - 1;
		if (i == 3)
			break;
	}
again:
	do {
		nr--;
	} while (*nr & 1);
	for_each_thing(one, nr)
		c = c ? 1 : 2;
	scoped_guard(lock, one) {
		WRITE_ONCE(found->a, READ_ONCE(one->a));
	}
	switch (c) {
	case 'x':
		goto again;
	default:
		break;
	}
	return found;
}

bool yes(void) __must_check;

bool yes(void)
{
	return true;
}

static void nothing(void)
{
}

static void one_thing(int x)
{
	thing(x);
}
'''


def mutants(body, head="int f(int a, int b)"):
    """(operator, the body with the fault) of each mutant of a function."""
    text = f"{head}\n{{\n{body}\n}}\n"
    start, end = len(head) + 3, len(text) - 3
    return [(mutant.operator, mutant.apply(text)[start:len(mutant.apply(text)) - 3])
            for mutant in operators.mutants("f.c", text) if start <= mutant.start <= end]


class Tokens(unittest.TestCase):
    def test_all_is_kept_but_blanks_and_comments(self):
        toks = tokens.tokens("a  /* b */+= 0x1fUL; // c\n#define X \\\n\t1\n'\\'' \"\\\"\" ->>>=")
        self.assertEqual([tok.text for tok in toks],
                         ["a", "+=", "0x1fUL", ";", "#define X \\\n\t1", "'\\''", '"\\""', "->",
                          ">>="])
        self.assertEqual([tok.kind for tok in toks if tok.kind != "op"],
                         ["name", "number", "directive", "char", "string"])

    def test_brackets(self):
        toks = tokens.tokens("f(a[1], {2})")
        pairs = tokens.partners(toks)
        self.assertEqual(pairs[1], len(toks) - 1)
        self.assertEqual(pairs[pairs[3]], 3)
        self.assertEqual(tokens.split(toks, pairs, 2, len(toks) - 1, ","), [(2, 6), (7, 10)])
        for text in ("(", "(]", ")"):
            with self.assertRaises(tokens.TokenError):
                tokens.partners(tokens.tokens(text))
        with self.assertRaises(tokens.TokenError):
            tokens.tokens("a @ b")


class Functions(unittest.TestCase):
    def setUp(self):
        self.functions = {function.name: function for function in parse.functions(SAMPLE)}

    def test_each_definition_and_nothing_else(self):
        self.assertEqual(sorted(self.functions), ["first", "nothing", "odd", "one_thing", "yes"])
        self.assertEqual(self.functions["first"].params, ["one", "ask", "nr"])
        self.assertEqual(self.functions["yes"].params, [])
        self.assertTrue(self.functions["nothing"].void)
        self.assertFalse(self.functions["yes"].void)

    def test_where_it_begins_and_ends(self):
        first = self.functions["first"]
        text = SAMPLE[first.start:first.end]
        self.assertTrue(text.startswith("static __always_inline struct thing *\nfirst("))
        self.assertTrue(text.endswith("return found;\n}"))
        self.assertEqual(SAMPLE[first.head_end], "{")

    def test_statements(self):
        kinds = [statement.kind for statement in self.functions["first"].statements]
        self.assertEqual(kinds, ["declaration", "declaration", "if", "for", "label", "do", "loop",
                                 "loop", "switch", "return"])
        bare = [statement.kind for statement in parse.walk(self.functions["first"].statements)
                if statement.bare]
        self.assertEqual(bare, ["return", "if", "simple", "jump", "simple"])


class Operators(unittest.TestCase):
    def assert_mutants(self, body, expected, head="int f(int a, int b)"):
        self.assertEqual(sorted(mutants(body, head)), sorted(expected))

    def test_condition(self):
        self.assert_mutants("if (a < b) { }", [
            ("condition negated", "if (!(a < b)) { }"), ("condition false", "if (0) { }"),
            ("condition true", "if (1) { }"), ("comparison", "if (a <= b) { }")])

    def test_a_loop_is_not_made_endless(self):
        self.assert_mutants("while (a) { }", [
            ("condition negated", "while (!(a)) { }"), ("condition false", "while (0) { }")])

    def test_operands(self):
        self.assertEqual({text for operator, text in mutants("a = (a && b) || !a;")
                          if operator == "operand dropped"},
                         {"a = (1 && b) || !a;", "a = (a && 1) || !a;", "a = 0 || !a;",
                          "a = (a && b) || 0;"})

    def test_the_same_fault_is_put_in_once(self):
        self.assert_mutants("if (!a) { }", [
            ("condition false", "if (0) { }"), ("condition true", "if (1) { }"),
            ("operator dropped", "if (a) { }")])
        self.assert_mutants("if (a != b) { }", [
            ("condition false", "if (0) { }"), ("condition true", "if (1) { }"),
            ("comparison", "if (a == b) { }")])

    def test_deletion(self):
        self.assert_mutants("if (a)\n\tg();\nelse\n\th();", [
            ("condition negated", "if (!(a))\n\tg();\nelse\n\th();"),
            ("condition false", "if (0)\n\tg();\nelse\n\th();"),
            ("condition true", "if (1)\n\tg();\nelse\n\th();"),
            ("statement deleted", "if (a)\n\t;\nelse\n\th();"),
            ("statement deleted", "if (a)\n\tg();\nelse\n\t;")])

    def test_locks_and_barriers(self):
        self.assertIn(("lock", ""), mutants("guard(rcu)();"))
        self.assert_mutants("scoped_guard(rcu) {\n}", [("lock", " {\n}")])
        self.assertIn(("barrier", ""), mutants("smp_mb();"))
        self.assertIn(("barrier", "WRITE_ONCE(a, (b));"), mutants("WRITE_ONCE(a, READ_ONCE(b));"))
        self.assertIn(("barrier", "a = READ_ONCE(b);"), mutants("WRITE_ONCE(a, READ_ONCE(b));"))
        self.assertIn(("barrier", "kfree(a);"), mutants("kfree_rcu(a, rcu);"))

    def test_returns(self):
        self.assert_mutants("return 0;", [("return value", "return -EINVAL;")])
        self.assert_mutants("return -ENOMEM;", [("return value", "return 0;")])
        self.assert_mutants("return a;", [("return value", "return false;"),
                                          ("return value", "return true;")], "bool f(int a)")
        self.assert_mutants("return true;", [("return value", "return false;")], "bool f(int a)")
        self.assert_mutants("return a;", [("return value", "return NULL;")],
                            "struct thing *f(int a)")
        self.assert_mutants("return a;", [("return value", "return 0;"),
                                          ("return value", "return (a) + 1;")],
                            "static unsigned long f(int a)")
        self.assert_mutants("if (a)\n\treturn;", [
            ("condition negated", "if (!(a))\n\treturn;"), ("condition false", "if (0)\n\treturn;"),
            ("condition true", "if (1)\n\treturn;"), ("statement deleted", "if (a)\n\t;")],
            "void f(int a)")

    def test_arguments(self):
        self.assertEqual([text for operator, text in mutants("g(a, b + 1, b);")
                          if operator == "arguments swapped"],
                         ["g(b + 1, a, b);", "g(a, b, b + 1);"])
        self.assertNotIn("arguments swapped", dict(mutants('pr_err("%d %d", a, b);')))
        self.assertNotIn("arguments swapped", dict(mutants("g(a, a);")))

    def test_numbers(self):
        texts = [text for _, text in mutants("int c = 0x1fUL + FLAG - 1;")]
        self.assertEqual(set(texts), {
            "int c = 0x1fUL - FLAG - 1;", "int c = 0x1fUL + FLAG + 1;", "int c = 32UL + FLAG - 1;",
            "int c = 0x1fUL + (FLAG + 1) - 1;", "int c = 0x1fUL + FLAG - 2;",
            "int c = 0x1fUL + FLAG - 0;"})

    def test_what_is_no_operator(self):
        for body in ("int *a = &b;", "struct thing *a = (struct thing *)b;", "g(&a, *b, -a);"):
            self.assertNotIn("arithmetic", dict(mutants(body)), body)
        self.assertEqual(mutants("struct thing *a;\nunsigned long b;"), [])

    def test_macros_and_initialisers(self):
        found = {mutant.becomes for mutant in operators.mutants("s.c", SAMPLE)
                 if not mutant.function}
        self.assertEqual(found, {'#define LIMIT 9 /* a "string" */', "((x) + 2)", "((x) - 1)",
                                 "((x) + 0)", "} things = { .a = { 4, 4 } };",
                                 "} things = { .a = { 3, 5 } };"})

    def test_at_least_two_where_there_is_anything(self):
        found = [mutant.function for mutant in operators.mutants("s.c", SAMPLE)]
        self.assertEqual(found.count("one_thing"), 2)
        self.assertEqual(found.count("nothing"), 0)

    def test_lines_of_ours_only(self):
        text = "int f(int a)\n{\n\tif (a &&\n\t    b)\n\t\tg();\n\treturn 3;\n}\n"
        found = {(mutant.line, mutant.operator) for mutant in operators.mutants("f.c", text, {4})}
        self.assertEqual(found, {(3, "condition negated"), (3, "condition false"),
                                 (3, "condition true"), (4, "operand dropped")})


PROGRAM = '''\
#include <stdio.h>
#define min(a, b) ((a) < (b) ? (a) : (b))

static inline int less(int a, int b)
{
	if (a < b)
		return 1;
	return 0;
}

static void show(const char *name, int value)
{
	printf("%s %d\\n", name, min(value, 5));
}

int main(void)
{
	show("less", less(1, 2));
	show("same", less(2, 2));
	return 0;
}
'''


class Schemata(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.addCleanup(self.tmp.cleanup)
        self.numbered = [(number, mutant) for number, mutant in
                         enumerate(operators.mutants("p.c", PROGRAM), 1)
                         if mutant.function in ("less", "show")]

    def compile(self, numbered):
        """What the compiler says of the source with these mutants, None if nothing."""
        path = Path(self.tmp.name, "p.c")
        path.write_text(schemata.source(PROGRAM, numbered, schemata.USER), encoding="utf-8")
        done = subprocess.run(["gcc", "-Werror=int-conversion", "-o", path.with_suffix(""), path],
                              capture_output=True, text=True, check=False, timeout=60,
                              env=dict(os.environ, LC_ALL="C"))
        return done.stderr if done.returncode else None

    def run_it(self, number):
        """(what it prints, whether it reached the fault)."""
        reached, writing = os.pipe()
        done = subprocess.run([Path(self.tmp.name, "p")], text=True, stdout=subprocess.PIPE,
                              env={"RIG_MUTANT": str(number)}, check=False, timeout=60,
                              preexec_fn=lambda: os.dup2(writing, 3), close_fds=False)
        os.close(writing)
        with os.fdopen(reached, "rb") as pipe:
            return done.stdout, bool(pipe.read())

    def test_one_build_serves_all(self):
        left, bad, said = schemata.compiling(self.numbered, self.compile)
        self.assertIsNone(said)
        self.assertEqual({str(mutant).split("'")[1] for number, mutant in self.numbered
                          if number in bad},      # neither EINVAL nor max()
                         {"return 0;", 'printf("%s %d\\n", name, min(value, 5));'})
        outputs = {str(mutant): self.run_it(number) for number, mutant in left}
        self.assertEqual(self.run_it(0), ("less 1\nsame 0\n", False))
        self.assertEqual(outputs["p.c:6: less(): comparison: 'if (a < b)' -> 'if (a <= b)'"],
                         ("less 1\nsame 1\n", True))
        self.assertEqual(outputs["p.c:6: less(): condition true: 'if (a < b)' -> 'if (1)'"],
                         ("less 1\nsame 1\n", True))
        self.assertTrue(all(reached for _, reached in outputs.values()))

    def test_what_does_not_compile_is_found(self):
        number, mutant = self.numbered[0]
        broken = operators.Mutant(**{**mutant.__dict__, "new": "no such thing"})
        odd = operators.Mutant(**{**mutant.__dict__, "new": "min(&a, b)"})
        left, bad, said = schemata.compiling(
            [(901, broken), *self.numbered, (902, odd)], self.compile)
        self.assertIsNone(said)
        self.assertIn(901, bad)
        self.assertEqual(len(left) + len(bad), len(self.numbered) + 2)
        self.assertNotIn(number, bad)

    def test_halves_find_what_no_line_tells(self):
        attempts = []

        def attempt(numbered):
            attempts.append(len(numbered))
            return "ld: undefined" if any(number in (3, 5) for number, _ in numbered) else None
        left, bad, said = schemata.compiling([(number, None) for number in range(1, 9)], attempt)
        self.assertEqual((bad, said), ({3, 5}, None))
        self.assertEqual([number for number, _ in left], [1, 2, 4, 6, 7, 8])
        self.assertEqual(schemata.compiling([(1, None)], lambda _: "always")[2], "always")


if __name__ == "__main__":
    unittest.main()
