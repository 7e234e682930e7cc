"""Mutants: what is put into C, the source that has all of them, what is told of them."""
import os
import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from rig import mutate
from rig.common import tell
from rig.mutants import engine, explained, kernel, killers, needs, objects
from rig.mutants import operators, ours, parse, schemata, store, table, tokens

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


    def test_a_probe_has_the_original_as_a_copy(self):
        text = schemata.probe(PROGRAM, self.numbered, False)
        for name in ("less__rig_0", "show__rig_0", *(
                f"{mutant.function}__rig_{number}" for number, mutant in self.numbered)):
            self.assertEqual(text.count(name + "("), 1, name)
        self.assertNotIn("rig_reach", text)


class Objects(unittest.TestCase):
    SAVED = ("savedcmd_a.o := ccache gcc -Wp,-MMD,./.a.o.d -DX=\\\"y\\\" -c -o a.o /src/a.c "
             "; ./tools/objtool/objtool a.o\n\nsource_a.o := /src/a.c\n")

    def test_command(self):
        self.assertEqual(objects.compile_words(self.SAVED),
                         ["gcc", '-DX="y"', "-c", "-o", "a.o", "/src/a.c"])
        with self.assertRaises(needs.RigError):
            objects.compile_words("")

    def test_target(self):
        self.assertEqual(objects.target("kernel/dma/direct.c", "arm"), "kernel/dma/direct.o")
        self.assertEqual(objects.target("include/xen/arm/p2m.h", "arm"), "arch/arm/xen/p2m.o")
        self.assertEqual(objects.target("arch/arm/xen/p2m.c", "arm64"),
                         "arch/arm64/xen/../../arm/xen/p2m.o")
        self.assertIsNone(objects.target("include/xen/xen.h", "arm"))

    def compiled(self, source, *flags):
        """{function: code} of C, by the machine's own compiler."""
        with tempfile.TemporaryDirectory() as tmp:
            path = Path(tmp, "a.c")
            path.write_text(source, encoding="utf-8")
            subprocess.run(["gcc", "-O2", *objects.FLAGS[:3], *flags, "-c", "-o", f"{tmp}/a.o",
                            path], check=True, timeout=60)
            done = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", f"{tmp}/a.o"],
                                  check=True, capture_output=True, text=True, timeout=60)
        return objects.code(done.stdout)

    def test_the_same_code(self):
        text = ("#define READ_ONCE(x) (*(const volatile int *)&(x))\n"
                "int f(int *p)\n{\n\tint a = READ_ONCE(*p);\n\n\treturn a + g(1) + 2;\n}\n")
        numbered = list(enumerate(operators.mutants("f.c", text), 1))
        found = objects.same(self.compiled(
            "int g(int);\n" + schemata.probe(text, numbered, False)), dict(numbered))
        self.assertEqual({mutant.operator for number, mutant in numbered if number in found},
                         {"barrier"})
        self.assertLess(len(found), len(numbered))

    def test_a_constant_is_no_comment(self):
        arm = "0000 <f__rig_0>:\n   0:\tmov\tw0, #0x1\t// #1\n"
        other = arm.replace("#0x1", "#0x2").replace("rig_0", "rig_4")
        self.assertEqual(objects.same(objects.code(arm + other), {4}), set())
        self.assertEqual(objects.same(objects.code(arm + arm.replace("rig_0", "rig_4")), {4}), {4})


class Kernel(unittest.TestCase):
    def test_one_tree_has_all(self):
        mutants = operators.mutants("p.c", PROGRAM)
        pairs = kernel.numbered(mutants)
        self.assertEqual([mutant for _, mutant in pairs],
                         [mutant for mutant in mutants if mutant.function])
        changed = kernel.files({"p.c": PROGRAM, "q.c": "int x;\n"}, pairs, "obj-y := a.o\n")
        self.assertEqual(sorted(changed), ["kernel/dma/Makefile", kernel.PLACE, "p.c"])
        self.assertTrue(changed["kernel/dma/Makefile"].endswith("obj-y += rig_mutant.o\n"))
        for number, _ in pairs:
            self.assertIn(f"\tcase {number}: ", changed["p.c"])
        self.assertNotIn("getenv", changed["p.c"])


class Ours(unittest.TestCase):
    DIFF = ("diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,0 +2,2 @@\n+x\n+y\n"
            "@@ -9 +12 @@ int f(void)\n-z\n+z\n@@ -20 +22,0 @@\n-gone\n"
            "--- a/b.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n"
            "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+int x;\n")

    def test_lines(self):
        self.assertEqual(ours.added(self.DIFF), {"a.c": {2, 3, 12}, "new.c": {1}})

    def test_whole_files_are_ours(self):
        with tempfile.TemporaryDirectory() as tmp:
            for name in ("a.c", "new.c"):
                Path(tmp, name).write_text("int x;\n", encoding="utf-8")
            found = ours.sources(Path(tmp), {"new.c"}, self.DIFF)
        self.assertEqual([(source.path, source.lines) for source in found],
                         [("a.c", frozenset({2, 3, 12})), ("new.c", None)])

    def test_what_is_no_code(self):
        for path in ("arch/arm/xen/p2m_kunit.c", "MAINTAINERS", "drivers/xen/Kconfig"):
            self.assertFalse(ours.is_code(path), path)


class Table(unittest.TestCase):
    SUITES = {"xen-p2m": "arch/arm/xen/p2m_kunit.c", "swiotlb": "kernel/dma/swiotlb_kunit.c"}

    def problems(self):
        return table.problems(ours.named(), killers.killers(), set(self.SUITES),
                              needs.boot_tests())

    def test_each_file_has_a_row_and_each_name_is_there(self):
        self.assertEqual(self.problems(), [])

    def test_suites_are_there(self):
        suites = {name for row in table.ROWS.values() for name in row.kunit}
        self.assertEqual(suites, set(self.SUITES))
        for suite, path in self.SUITES.items():
            self.assertIn(f'.name = "{suite}"',
                          (needs.REPO / path).read_text(encoding="utf-8"))

    def test_what_is_wrong_is_told(self):
        whole = dict(table.ROWS)
        self.addCleanup(table.ROWS.update, whole)
        self.addCleanup(table.ROWS.clear)
        del table.ROWS["mm/hmm.c"]
        table.ROWS["no.c"] = table.Row(("no-program",), ("no-suite",), ("smoke", "smoke"))
        table.ROWS["block/bio.c"] = table.Row()
        self.assertEqual(sorted(self.problems()), [
            "block/bio.c: nothing can kill its mutants", "mm/hmm.c: has no row",
            "no.c: a test is named twice", "no.c: has a row, and is no file of ours",
            "no.c: no program no-program", "no.c: no suite no-suite"])


class Explained(unittest.TestCase):
    TEXT = """# a comment

file: a.c
function: f
- if (a)
+ if (1)
-\tg();
+
equivalent: nothing
  sees it

file: b.c
function:
- #define X 1
+ #define X 2
machine: smoke
"""

    def test_entries(self):
        found = list(explained.parse(self.TEXT).values())
        self.assertEqual([entry.key for entry in found], [
            ("a.c", "f", "if (a)", "if (1)"), ("a.c", "f", "g();", ""),
            ("b.c", "", "#define X 1", "#define X 2")])
        self.assertEqual([(entry.kind, entry.reason) for entry in found],
                         2 * [("equivalent", "nothing sees it")] + [("machine", "smoke")])

    def test_bad(self):
        for was, becomes in (("equivalent: nothing", "because: nothing"),
                             ("+ if (1)\n", ""), ("function: f\n", ""),
                             ("machine: smoke", ""), ("machine: smoke", "machine:"),
                             ("function:\n- #define X 1\n+ #define X 2\n",
                              "function: f\n- if (a)\n+ if (1)\n")):
            text = self.TEXT.replace(was, becomes, 1)
            if "if (a)" in becomes:
                text = text.replace("b.c", "a.c")
            with self.subTest(becomes), self.assertRaises(needs.RigError):
                explained.parse(text)

    def test_what_fits_no_mutant(self):
        entries = explained.parse(self.TEXT)
        mutant = operators.Mutant("a.c", "f", "condition true", 0, 0, "1", 3, "if (a)", "if (1)")
        self.assertEqual([entry.becomes for entry in explained.unknown(entries, [mutant], {"a.c"})],
                         [""])
        self.assertEqual(len(explained.unknown(entries, [], {"a.c", "b.c"})), 3)

    def test_the_file_itself_can_be_read(self):
        for entry in explained.load().values():
            self.assertIn(entry.path, table.ROWS)


class Store(unittest.TestCase):
    def test_goes_on_where_it_was_stopped(self):
        with tempfile.TemporaryDirectory() as tmp:
            path = Path(tmp, "sub", "results.jsonl")
            store.Store(path).put("k1", state="killed")
            store.Store(path).put("k2", state="passed")
            with open(path, "a", encoding="utf-8") as out:
                out.write('{"key": "k3", "sta')
            found = store.Store(path)
            self.assertEqual(found.get("k1"), {"state": "killed"})
            self.assertEqual(found.get("k2"), {"state": "passed"})
            self.assertIsNone(found.get("k3"))


class Program(killers.Killer):
    """A killer of PROGRAM's mutants: `less` is looked at, `show` is run."""

    name, files = "program", ("p.c",)

    def write(self, place, texts, numbered):
        (place / "p.c").write_text(killers.with_mutants(texts, numbered)["p.c"], "utf-8")

    def words(self, place):
        return ["gcc", "-Dmax=min", "-DEINVAL=1", "-o", "tests", "p.c"]

    def passes(self, code, said):
        return code == 0 and said.startswith("less 1\nsame ")


class Engine(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.place = Path(tmp.name)
        (self.place / "p.c").write_text(PROGRAM, encoding="utf-8")
        table.ROWS["p.c"] = table.Row(("program",))
        self.addCleanup(table.ROWS.pop, "p.c")
        for name, value in (("SCRATCH", self.place / "scratch"),
                            ("cache", lambda: self.place / "cache")):
            self.addCleanup(setattr, needs, name, getattr(needs, name))
            setattr(needs, name, value)
        self.addCleanup(setattr, tell, "write", tell.write)
        self.said = []
        tell.write = self.said.append
        self.engine = self.made()

    def made(self):
        """An Engine of PROGRAM, with what earlier ones found out."""
        made = engine.Engine([ours.Source("p.c", PROGRAM)], self.place, 2)
        made.killers = {"program": Program()}
        made.surveyed = lambda path, mutants: {}
        return made

    def results(self, made):
        """{state: mutants' lines} of a run of all."""
        found = {}
        for result in made.run(made.mutants, survey=False):
            found.setdefault(result.state, []).append(result.mutant.becomes)
        return found

    def test_ladder(self):
        found = self.results(self.engine)
        self.assertRegex(self.said[-1], r"^mutants: p.c: \d+ killed, \d+ survived$")
        self.assertIn("if (0)", found["killed"])
        self.assertIn("if (a <= b)", found["survived"])
        self.assertIn('printf("%s %d\\n", name, min(value, 6));', found["survived"])
        survivor = next(result for result in self.engine.run(self.engine.mutants, False)
                        if result.mutant.becomes == "if (a <= b)")
        self.assertIn("reached, and not noticed", str(survivor))

    def test_nothing_is_run_twice(self):
        found = self.results(self.engine)
        again = self.made()
        again.killers["program"].build = again.killers["program"].run = None
        self.assertEqual(self.results(again), found)

    def test_an_entry_explains_a_survivor(self):
        self.engine.entries = explained.parse(
            "file: p.c\nfunction: less\n- if (a < b)\n+ if (a <= b)\nequivalent: so it is\n")
        found = self.results(self.engine)
        self.assertEqual(found["explained"], ["if (a <= b)"])
        self.assertNotIn("if (a <= b)", found["survived"])

    def test_a_program_that_does_not_pass(self):
        Program.passes, passes = lambda self, code, said: False, Program.passes
        self.addCleanup(setattr, Program, "passes", passes)
        with self.assertRaisesRegex(needs.RigError, "as it is"):
            self.results(self.engine)

    def test_none_compiles(self):
        texts = {"p.c": PROGRAM}
        killer, bad = Program(), replace(self.engine.mutants[0], new="}")
        self.assertEqual(killer.build(self.place, texts, [(1, bad)]), ([], {1}))
        killer.measure(self.place)
        self.assertEqual(killer.build(self.place / "macros", texts, []), ([], set()))
        killer.measure(self.place / "macros")

    def test_what_does_not_end_is_killed(self):
        text = PROGRAM.replace("if (a < b)", "while (a < b)")
        (self.place / "p.c").write_text(text, encoding="utf-8")
        endless = operators.mutants("p.c", text.replace("return 1;", ";"))[0]
        killer, place = Program(), self.place
        source = text.replace("return 1;", ";")
        self.assertIsNone(killer.compile(place, {"p.c": source}, []))
        verdict = killer.run(place, 0, cpu=1)
        self.assertTrue(verdict.killed)
        self.assertEqual(verdict.said, "takes too long", endless)

    def test_what_sleeps_for_ever_is_killed(self):
        self.addCleanup(setattr, killers, "ASLEEP", killers.ASLEEP)
        self.addCleanup(setattr, killers, "LOOK", killers.LOOK)
        killers.ASLEEP, killers.LOOK = 0.2, 0.1
        source = "int main(void) { return pause(); }\n"
        self.assertIsNone(Program().compile(self.place, {"p.c": source}, []))
        verdict = Program().run(self.place, 0, cpu=5)
        self.assertEqual((verdict.killed, verdict.said), (True, "does not end"))
        self.assertTrue(killers.runs(os.getpid()))

    def test_sample(self):
        first = self.engine.sample(3, "2026-11-26")
        self.assertEqual(first, self.made().sample(3, "2026-11-26"))
        self.assertNotEqual(first, self.engine.sample(3, "2026-11-27"))

    def test_judged(self):
        mutant = self.engine.mutants[0]
        def words(*states):
            return [("ok" if result.passed else "not ok", result.skip) for result in
                    mutate.judged([engine.Result(mutant, state) for state in states])]
        self.assertEqual(words("killed", "explained", "same code", "survived"),
                         [("ok", ""), ("ok", ""), ("ok", ""), ("not ok", "")])
        self.assertEqual(words("waits for a boot"), [("ok", "waits for a boot")])
        # Nothing was tried.
        self.assertEqual(words("does not compile"), [("not ok", "")])
        self.assertEqual(words(), [("not ok", "")])

    def test_files(self):
        sources = [ours.Source(path, "") for path in ("a/b.c", "a/c.c", "d/b.c")]
        def paths(*words):
            return [source.path for source in engine.chosen(sources, words)]
        self.assertEqual(paths(), ["a/b.c", "a/c.c", "d/b.c"])
        self.assertEqual(paths("a"), ["a/b.c", "a/c.c"])
        self.assertEqual(paths("b.c", "a/b.c"), ["a/b.c", "d/b.c"])
        with self.assertRaisesRegex(needs.RigError, "FILES=x.c"):
            paths("x.c")

    def test_functions_with_few_mutants(self):
        source = ours.Source("s.c", SAMPLE)
        self.assertEqual(engine.thin(source, operators.mutants("s.c", SAMPLE)), [])
        self.assertEqual(engine.thin(source, []), ["first", "one_thing"])
        partly = ours.Source("s.c", SAMPLE, frozenset({SAMPLE.count("\n") - 1}))
        self.assertEqual(engine.thin(partly, []), [])

    def test_table(self):
        results = self.engine.run(self.engine.mutants, survey=False)
        text = engine.table_text(self.engine, results)
        self.assertIn("killed by program", text)
        killed, able = engine.score(results)
        self.assertIn(f"{killed} of {able} killed", text)


if __name__ == "__main__":
    unittest.main()
