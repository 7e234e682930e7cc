"""Mutants: what is put into C, the source that has all of them, what is told of them."""
import os
import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from rig import mutate
from rig.common import tell
from rig.machine import testfile
from rig.mutants import booted, engine, explained, kernel, killers, named, needs, objects
from rig.mutants import operators, ours, parse, schemata, signs, store, survey, table, tokens
from rig.verdict import ktap

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

    def test_a_value_with_a_cast_is_no_body_of_a_loop(self):
        found, = parse.functions("int f(int a)\n{\n\tif (a)\n\t\treturn (int)BAD;\n"
                                 "\treturn (a);\n}\n")
        self.assertEqual([statement.kind for statement in parse.walk(found.statements)],
                         ["if", "return", "return"])


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


    def test_a_place_is_a_statement(self):
        where = schemata.places(self.numbered)
        lines = {}
        for number, mutant in self.numbered:
            lines.setdefault((mutant.function, mutant.begin), set()).add(where[number])
        self.assertTrue(all(len(found) == 1 for found in lines.values()))
        self.assertEqual(len(set(where.values())), len(lines))

    def test_the_original_says_what_it_visits(self):
        left, _, _ = schemata.compiling(self.numbered, self.compile)
        text = schemata.source(PROGRAM, left, schemata.KERNEL)
        where = schemata.places(left)
        path = Path(self.tmp.name, "v.c")
        path.write_text("#include <stdio.h>\n" + text + "int rig_mutant;\nvoid rig_reach(void) { }\n"
                        "void rig_visit(int place) { printf(\"visits %d\\n\", place); }\n", "utf-8")
        subprocess.run(["gcc", "-o", path.with_suffix(""), path], check=True, timeout=60)
        said = subprocess.run([path.with_suffix("")], text=True, stdout=subprocess.PIPE,
                              check=True, timeout=60).stdout
        visited = {int(line[7:]) for line in said.splitlines() if line.startswith("visits ")}
        self.assertEqual(visited, set(where.values()))
        self.assertIn("less 1\n", said)

    def test_a_bare_statement_is_visited_where_it_is_done(self):
        text = "int f(int a)\n{\n\tif (a)\n\t\tg();\n\telse if (a > 1)\n\t\tg();\n\treturn 2;\n}\n"
        numbered = list(enumerate(operators.mutants("f.c", text), 1))
        changed = schemata.source(text, numbered, schemata.KERNEL)
        original = changed[changed.index("f__rig_0(int a)"):changed.index('#line 1 "rig_mutant')]
        self.assertRegex(" ".join(original.split()), (
            r"\{ rig_visit\(\d+\); if \(a\) \{ rig_visit\(\d+\); g\(\);\} "
            r"else \{ rig_visit\(\d+\); if \(a > 1\) \{ rig_visit\(\d+\); g\(\);\}\} "
            r"rig_visit\(\d+\); return 2; \}"))

    def test_a_body_can_name_its_own_function(self):
        text = ("static int f(int a)\n{\n\tif (a > 1 && f != 0)\n\t\treturn f(a - 1);\n"
                "\treturn a;\n}\n\nint main(void) { return f(1); }\n")
        numbered = list(enumerate(operators.mutants("f.c", text), 1))
        path = Path(self.tmp.name, "f.c")
        path.write_text(schemata.source(text, numbered, schemata.USER), encoding="utf-8")
        subprocess.run(["gcc", "-w", "-c", "-o", path.with_suffix(".o"), path], check=True,
                       timeout=60)

    def test_assembly_can_include_a_header(self):
        text = "#define X 1\n#ifndef __ASSEMBLER__\nint f(int a)\n{\n\treturn a;\n}\n#endif\n"
        numbered = list(enumerate(operators.mutants("f.h", text), 1))
        path = Path(self.tmp.name, "f.S")
        path.write_text(schemata.source(text, numbered, schemata.KERNEL) + "\t.byte X\n", "utf-8")
        subprocess.run(["gcc", "-c", "-o", path.with_suffix(".o"), path], check=True, timeout=60)

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
                            path], check=True, timeout=60, stderr=subprocess.DEVNULL)
            done = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", f"{tmp}/a.o"],
                                  check=True, capture_output=True, text=True, timeout=60)
        return objects.code(done.stdout)

    def test_what_is_an_error(self):
        self.compiled("int f(int *p) { int a; return p != 0; }\n", *objects.FLAGS, "-Wall")
        for body in ("char *q = p; return *q;", "return p;", "return g(p);"):
            with self.subTest(body), self.assertRaises(subprocess.CalledProcessError):
                self.compiled(f"int f(int *p) {{ {body} }}\n", *objects.FLAGS)

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
        self.assertIn(f"DECLARE_BITMAP(visited, {pairs[-1][0] + 1})", changed[kernel.PLACE])
        self.assertIn('pr_info("rig_mutant: %d reached\\n"', changed[kernel.PLACE])
        for number, _ in pairs:
            self.assertIn(f"\tcase {number}: ", changed["p.c"])
        self.assertNotIn("getenv", changed["p.c"])


    def test_variant(self):
        self.assertEqual([kernel.variant(name) for name in
                          ("ours", "ours-distro", "base", "base-fast", "loads")],
                         ["mutants", "mutants-distro", None, None, None])

    def test_a_tree_of_its_own(self):
        with tempfile.TemporaryDirectory() as tmp:
            source, dest = Path(tmp, "source"), Path(tmp, "dest")
            (source / "sub").mkdir(parents=True)
            git = ["git", "-C", str(source)]
            subprocess.run(["git", "init", "-q", str(source)], check=True)
            for name in ("a.c", "sub/b.c", "gone.c"):
                (source / name).write_text(name)
            subprocess.run([*git, "add", "-A"], check=True)
            subprocess.run([*git, "-c", "user.name=t", "-c", "user.email=t", "commit", "-qm", "x"],
                           check=True)
            (source / "a.c").write_text("edited")
            (source / "gone.c").unlink()
            kernel.checkout(source, dest, {"sub/b.c": "mutants", "new.c": "runtime"})
            def found():
                return {str(path.relative_to(dest)): path.read_text() for path in
                        dest.rglob("*.c")}
            self.assertEqual(found(), {"a.c": "edited", "sub/b.c": "mutants", "new.c": "runtime"})
            times = (dest / "a.c").stat().st_mtime_ns
            kernel.checkout(source, dest, {"sub/b.c": "others"})
            self.assertEqual(found(), {"a.c": "edited", "sub/b.c": "others"})
            self.assertEqual((dest / "a.c").stat().st_mtime_ns, times)
            self.assertEqual((source / "sub/b.c").read_text(), "sub/b.c")

    def test_what_the_linker_misses(self):
        self.assertEqual(kernel.undefined(
            "ld: d.o: in function `h__rig_3':\nd.c:(.text+0x1): undefined reference to `gone'\n"
            "ld: d.o:d.c:(.text+0x9): more undefined references to `gone' follow\n"
            "ERROR: modpost: a/b.ko: symbol 'lost' undefined!\n"), {"gone", "lost"})
        self.assertEqual(kernel.undefined("rig_mutant:3:1: error: 'x' undeclared\n"), set())
        text = kernel.files({}, [], "", {"gone"})[kernel.PLACE]
        self.assertIn('panic("rig_mutant: does not link: gone\\n");', text)
        self.assertIn("EXPORT_SYMBOL_GPL(gone);", text)
        text = kernel.files({"k.h": "DECLARE_STATIC_KEY_FALSE(on_key);\n"}, [], "",
                            {"on_key"})[kernel.PLACE]
        self.assertIn("DEFINE_STATIC_KEY_FALSE(on_key);", text)
        self.assertNotIn("void on_key(void)", text)

    def built(self, build, pairs, lacking=None):
        """What kernel.build() gives with BUILD in the place of rig.kernels.kernel.build()."""
        with tempfile.TemporaryDirectory() as tmp:
            source = Path(tmp, "source")
            (source / "kernel/dma").mkdir(parents=True)
            (source / kernel.MAKEFILE).write_text("obj-y := a.o\n")
            (source / "p.c").write_text(PROGRAM)
            subprocess.run(["git", "init", "-q", str(source)], check=True)
            subprocess.run(["git", "-C", str(source), "add", "-A"], check=True)
            with mock.patch.object(needs, "SCRATCH", Path(tmp, "scratch")), \
                 mock.patch.object(needs.paths, "BUILD", Path(tmp)), \
                 mock.patch.object(needs.kernel, "build", build), \
                 mock.patch.dict(os.environ, {"XS_CACHE": tmp}), \
                 mock.patch.object(tell, "write"):
                return kernel.build("x86_64", "mutants", source, {"p.c": PROGRAM}, pairs,
                                    set() if lacking is None else lacking)

    def test_what_does_not_link_is_stood_in_for(self):
        tried, pairs = [], kernel.numbered(operators.mutants("p.c", PROGRAM))

        def build(_arch, _name, dest):
            tried.append((dest / kernel.PLACE).read_text())
            if "void gone(void)" not in tried[-1]:
                raise needs.RigError("undefined reference to `gone'")
            return "built"
        lacking = set()
        self.assertEqual(self.built(build, pairs, lacking), ("built", pairs))
        self.assertEqual((len(tried), lacking), (2, {"gone"}))
        # The next run knows.
        self.assertEqual(self.built(build, pairs, lacking), ("built", pairs))
        self.assertEqual(len(tried), 3)

    def test_what_does_not_compile_is_taken_out(self):
        pairs, tried = kernel.numbered(operators.mutants("p.c", PROGRAM)), []
        bad = pairs[1][0]

        def build(_arch, _name, dest):
            tried.append((dest / "p.c").read_text())
            if f"__rig_{bad}(" in tried[-1]:
                raise needs.RigError(f"make failed\nrig_mutant:{bad}:3: error: no\n")
            return "built"
        made, left = self.built(build, pairs)
        self.assertEqual((made, len(tried)), ("built", 2))
        self.assertEqual([pair for pair in pairs if pair not in left], [pairs[1]])

    def test_what_no_mutant_is_guilty_of(self):
        # It is told, and not looked for in halves.
        build = mock.Mock(side_effect=needs.RigError("no compiler"))
        with self.assertRaisesRegex(needs.RigError, "no compiler"):
            self.built(build, kernel.numbered(operators.mutants("p.c", PROGRAM)))
        build.assert_called_once()


def console(signs_, *lines, seconds=1, cpu=1):
    """What is found in lines of a console that come after so many seconds."""
    for line in lines:
        signs_.line(line)
    return signs_.why(seconds, cpu)


class Signs(unittest.TestCase):
    LIMITS = booted.Control(10, 5, 2, frozenset())

    def setUp(self):
        self.signs = signs.Signs("pv", self.LIMITS)

    def test_a_check_that_fails(self):
        self.assertEqual(console(self.signs, "@LIVE@ TEST smoke", "@LIVE@ ok 1 all is well"), "")
        self.assertEqual(console(self.signs, "(XEN) @LIVE@ not ok 2 data is right"),
                         "not ok 2 data is right")

    def test_what_ends_a_checker_is_told_at_once(self):
        self.assertRegex(console(self.signs, "[ 1.0] BUG: unable to handle page fault"), "^BUG: ")

    def test_what_may_be_harmless_has_lines_to_come(self):
        harmless = ["[    1.0] unchecked MSR access error: RDMSR from 0xc0010055 at rIP",
                    "[    1.0] Call Trace:"]
        more = ["x"] * needs.logcheck.CONTEXT
        self.assertEqual(console(self.signs, *harmless, *more), "")
        self.assertEqual(console(self.signs, "[    2.0] WARNING: CPU: 0 PID: 1 at a.c:1"), "")
        self.assertRegex(console(self.signs, *more), "^WARN: ")

    def test_nothing_more_comes(self):
        self.assertEqual(console(self.signs, "[    2.0] WARNING: CPU: 0 PID: 1 at a.c:1"), "")
        self.assertRegex(self.signs.why(2 + signs.PAUSE, 2), "^WARN: ")

    def test_limits(self):
        after = signs.FACTOR * 10 + signs.GRACE + 1
        self.signs.seconds = after - 1
        self.signs.line("x")
        self.assertRegex(self.signs.why(after, 5), "^takes too long: 76 s, 10 s without")
        self.signs = signs.Signs("pv", self.LIMITS)
        self.assertRegex(self.signs.why(5, after), "^takes too much CPU")
        self.signs = signs.Signs("pv", self.LIMITS)
        self.assertEqual(self.signs.why(signs.GRACE + 6, 5), "")
        self.assertRegex(self.signs.why(signs.GRACE + 7, 5), "^is silent")

    def test_without_limits_it_comes_to_its_end(self):
        self.signs = signs.Signs("pv")
        self.assertEqual(console(self.signs, "@LIVE@ not ok 1 x", seconds=9999), "")
        self.assertEqual(self.signs.sign, "not ok 1 x")
        self.signs.line("x")
        self.assertEqual(self.signs.quiet, 9999)

    def test_the_run_is_over(self):
        self.signs.over.set()
        self.assertEqual(self.signs.why(1, 1), "interrupted")
        self.assertEqual(self.signs.sign, "")

    def test_places(self):
        log = ("[1.0] rig_mutant: 0 visits 12.\ndomU: [1.0] rig_mutant: 0 visits 7.\n"
               "rig_mutant: 0 visits 12.\nrig_mutant: 0 visits 1(XEN) torn\n"
               "[9.0] rig_mutant: 31 reached\n")
        self.assertEqual(signs.visits(log), [7, 12])
        self.assertTrue(signs.reached(log, 31))
        self.assertFalse(signs.reached(log, 3))


def guest_test(name, head):
    return testfile.parse(f"{name}.sh", head)


class Booted(unittest.TestCase):
    """booted.Boots without a machine."""

    TESTS = {test.name: test for test in (
        guest_test("t", "#: linux: swiotlb=force\n"), guest_test("arm", "#: platforms: arm64 arm\n"),
        guest_test("other", "#: platforms: pv pvh\n#: kernel: ours-distro\n"),
        guest_test("control", "#: platforms: pv\n#: kernel: loads\n"),
        guest_test("bad", "#: platforms: pv\n#: expect: fail it must\n#: fails: x\n"))}

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.place = Path(tmp.name)
        table.ROWS["p.c"] = table.Row(boots=("t", "arm", "other"))
        self.addCleanup(table.ROWS.pop, "p.c")
        self.said, self.booted, self.tried_in = [], [], []
        self.mutants = [mutant for mutant in operators.mutants("p.c", PROGRAM) if mutant.function]
        self.state = store.Store(self.place / "results")
        for patch in (mock.patch.object(needs, "boot_tests", lambda: self.TESTS),
                      mock.patch.object(needs, "say", self.said.append),
                      mock.patch.object(needs, "SCRATCH", self.place),
                      mock.patch.object(needs.runner, "run", self.run_it),
                      mock.patch.object(needs.judge, "judge", self.judge),
                      mock.patch.object(kernel, "build", self.build)):
            patch.start()
            self.addCleanup(patch.stop)
        self.boots = self.made()
        self.visits, self.lines, self.failing, self.problems = {"pv-t": set()}, {}, {}, {}

    def made(self):
        class Survey:
            def fit(_self, path, mutants, arch):
                return mutants
        made = booted.Boots({"p.c": ours.Source("p.c", PROGRAM)}, self.place, self.state, Survey(),
                            lambda path: self.mutants)
        made.base = lambda name: f"base of {name}"
        made.input = lambda arch, name: f"{name} for {arch}"
        return made

    def build(self, arch, name, _tree, texts, pairs, _lacking):
        self.assertEqual(texts, {"p.c": PROGRAM})
        self.tried_in.append(len(pairs))
        image = self.place / f"{arch}-{name}"
        image.write_text("image")
        return needs.kernel.Kernel(arch, name, image, image, ()), \
            [pair for pair in pairs if pair[1] != self.mutants[0]]

    def run_it(self, item, made, _place, stop):
        number = int(item.machine.linux.split()[0].removeprefix("rig_mutant="))
        name = needs.Boot(item.machine, item.tests).name
        self.booted.append((name, number))
        self.assertIn(made.variant, ("mutants", "mutants-distro"))
        lines = self.lines.get(number, []) if number else [
            f"rig_mutant: 0 visits {place}." for place in self.visits.get(name, ())]
        for line in lines:
            stop.line(line)
        broken = self.problems.get(number)
        return needs.runner.Outcome(item, "", "\n".join(lines), None, 10, 5,
                                    problem=broken.pop(0) if broken else stop.why(1, 1))

    def judge(self, outcome):
        number = int(outcome.boot.machine.linux.split()[0].removeprefix("rig_mutant="))
        good = not self.failing.get(number, 0)
        if not good:
            self.failing[number] -= 1
        result = ktap.Result(good, "the log is clean", notes=[] if good else ["why: WARN"])
        return needs.judge.Verdict(outcome, ktap.Document(), [("t", [result], [])])

    def test_ladder(self):
        def names(names, *arches):
            return [item.name for item in booted.ladder(names, arches, self.TESTS)]
        self.assertEqual(names(("t", "arm", "other"), "x86_64", "arm64", "arm"),
                         ["pv-t", "arm64-arm", "pv-ours-distro-other"])
        self.assertEqual(names(("t", "arm", "other"), "arm"), ["arm-t", "arm-arm"])
        self.assertEqual(names(("t@arm",), "x86_64", "arm"), ["arm-t"])
        self.assertEqual(names(("t@arm",), "x86_64"), [])
        # What must fail is no proof, and what is no kernel of ours has no mutants.
        self.assertEqual(names(("control", "bad"), "x86_64"), [])

    def test_the_number_stands_in_front(self):
        item = booted.ladder(("t",), ("x86_64",), self.TESTS)[0]
        self.assertEqual(booted.with_mutant(item, 3).machine.linux, "rig_mutant=3 swiotlb=force")
        self.assertEqual(item.machine.linux, "swiotlb=force")

    def numbers(self):
        """(a mutant of show(), its number, its place)."""
        mutant = self.mutants[-1]
        item = self.boots.ladder(mutant)[0]
        number = self.boots.number(item, mutant)
        return mutant, number, self.boots.kernel(item)[2][number]

    def test_killed_by_a_line(self):
        mutant, number, place = self.numbers()
        self.visits["pv-t"] = {place}
        self.lines[number] = [f"rig_mutant: {number} reached", "@LIVE@ not ok 3 data"]
        self.assertEqual(self.boots.tried(mutant),
                         booted.Verdict(True, "pv-t", "not ok 3 data", True))
        self.assertEqual(self.booted, [("pv-t", 0), ("pv-t", number)])
        # And once only.
        again = self.made()
        self.assertEqual(again.tried(mutant).said, "not ok 3 data")
        self.assertEqual(len(self.booted), 2)

    def test_killed_by_the_judge(self):
        mutant, number, place = self.numbers()
        self.visits["pv-t"], self.failing[number] = {place}, 1
        self.lines[number] = [f"rig_mutant: {number} reached"]
        self.assertEqual(self.boots.tried(mutant).said, "not ok: the log is clean (WARN)")
        self.assertEqual(self.booted.count(("pv-t", number)), 1)

    def test_killed_before_the_place_is_reached(self):
        mutant, number, place = self.numbers()
        self.visits["pv-t"], self.failing[number] = {place}, 1
        self.assertFalse(self.boots.tried(mutant).killed)
        self.assertEqual(self.booted.count(("pv-t", number)), 2)
        again = self.made()
        again.base = lambda name: f"another base of {name}"
        self.failing[number] = 2
        self.assertTrue(again.tried(mutant).killed)

    def test_where_it_is_not_visited_the_next_is_tried(self):
        mutant, number, place = self.numbers()
        self.visits["arm64-arm"] = {place}
        self.lines[number] = [f"rig_mutant: {number} reached", "[ 1.0] kernel BUG at a.c:1!"]
        verdict = self.boots.tried(mutant)
        self.assertEqual((verdict.killed, verdict.by), (True, "arm64-arm"))
        self.assertEqual(self.booted, [("pv-t", 0), ("arm64-arm", 0), ("arm64-arm", number)])

    def test_where_it_does_not_link_the_next_is_tried(self):
        mutant, number, place = self.numbers()
        self.visits = {"pv-t": {place}, "arm64-arm": {place}}
        self.lines[number] = [f"Kernel panic - not syncing: {kernel.UNLINKED}: gone"]
        self.assertFalse(self.boots.tried(mutant).killed)
        self.assertIn(("arm64-arm", number), self.booted)

    def test_survivor(self):
        mutant, number, place = self.numbers()
        self.visits["arm64-arm"] = {place}
        self.lines[number] = [f"rig_mutant: {number} reached"]
        self.assertEqual(self.boots.tried(mutant),
                         booted.Verdict(False, "arm64-arm", "passed", True))
        self.assertEqual([path.name for path in (self.place / "logs").iterdir()
                          if path.name.endswith(f"-{number}.log")], [f"arm64-arm-{number}.log"])
        self.assertEqual(list((self.place / "boots").glob("*")), [])

    def test_nobody_comes_there(self):
        verdict = self.boots.tried(self.numbers()[0])
        self.assertEqual((verdict.killed, verdict.reached), (False, False))
        self.assertEqual([number for _, number in self.booted], [0, 0, 0])

    def test_what_no_kernel_has(self):
        self.assertIsNone(self.boots.tried(self.mutants[0]))
        # What did not compile in a kernel is not tried in it again.
        every = len(self.mutants)
        self.assertEqual(self.tried_in, [every] * 3)
        self.assertIsNone(self.made().tried(self.mutants[0]))
        self.assertEqual(self.tried_in, [every] * 3 + [every - 1] * 3)
        self.assertEqual(self.boots.ladder(operators.Mutant("p.c", "", "constant", 0, 1, "2", 1,
                                                            "1", "2")), [])

    def test_a_control_that_fails_is_tried_once_more(self):
        mutant, number, place = self.numbers()
        self.visits["pv-t"], self.failing[0] = {place}, 1
        self.failing[number] = 2
        self.assertTrue(self.boots.tried(mutant).killed)
        self.failing[0] = 2
        other = self.made()
        other.base = lambda name: f"another base of {name}"
        with self.assertRaisesRegex(needs.RigError, "pv-t does not pass without a fault"):
            other.tried(mutant)

    def test_a_machine_that_broke_is_no_verdict(self):
        mutant, number, place = self.numbers()
        self.visits["pv-t"] = {place}
        self.failing[number], self.problems[number] = 2, ["QEMU ended with 1: cannot start"]
        self.assertTrue(self.boots.tried(mutant).killed)
        self.assertEqual(self.booted.count(("pv-t", number)), 2)
        for code in ("-9", "1"):
            self.failing[number], self.problems[number] = 2, [f"QEMU ended with {code}: "] * 2
            other = self.made()
            other.base = lambda name, code=code: f"base {code} of {name}"
            with self.assertRaisesRegex(needs.RigError, f"pv-t: QEMU ended with {code}"):
                other.tried(mutant)

    def test_a_run_that_is_over(self):
        mutant, _, _ = self.numbers()
        self.boots.over.set()
        with self.assertRaises(booted.Interrupted):
            self.boots.tried(mutant)


class Survey(unittest.TestCase):
    def test_what_is_worth_a_place_in_a_kernel(self):
        mutants = [mutant for mutant in operators.mutants("a.c", PROGRAM) if mutant.function][:4]

        class Objects:
            def __init__(self, bad, same):
                self.answer = bad, same

            def has(self, path):
                return True

            def survey(self, path, text, numbered):
                return self.answer
        with tempfile.TemporaryDirectory() as tmp:
            made = survey.Survey({"a.c": ours.Source("a.c", PROGRAM)}, tmp,
                                 store.Store(Path(tmp, "s")), 1)
            made.machines = {"x86_64": Objects({1}, {2, 3}), "arm64": Objects({1}, {2}),
                             "arm": Objects({1, 2}, set())}
            with mock.patch.object(needs, "say"), mock.patch.object(needs, "tree_id"), \
                 mock.patch.object(needs, "compilers"):
                self.assertEqual(list(made.states("a.c", mutants).values()),
                                 ["does not compile", "same code", None, None])
                made.machines = {}      # nothing is compared twice
                self.assertEqual({arch: [mutants.index(one) for one in
                                         made.fit("a.c", mutants, arch)]
                                  for arch in ("x86_64", "arm64", "arm")},
                                 {"x86_64": [3], "arm64": [2, 3], "arm": [2, 3]})


class Named(unittest.TestCase):
    ENTRY = """# a comment

name: nothing is less
file: p.c
function: less
- if (a < b)
-   return 1;
+ if (0) return 1;
"""

    def test_entry(self):
        self.assertEqual(named.read(self.ENTRY), [named.Entry(
            "nothing is less", "p.c", "less", "if (a < b) return 1;", "if (0) return 1;")])
        for was, becomes in (("name: ", "Name: "), ("- if (a < b)\n-   return 1;\n", ""),
                             ("+ if", "? if")):
            with self.assertRaises(needs.RigError):
                named.read(self.ENTRY.replace(was, becomes))

    def test_mutant(self):
        mutant = named.mutant(named.read(self.ENTRY)[0], PROGRAM)
        self.assertIn("{\n\tif (0) return 1;\n\treturn 0;\n}", mutant.apply(PROGRAM))
        self.assertEqual((mutant.function, mutant.line, PROGRAM[mutant.begin:mutant.until]),
                         ("less", 6, "if (a < b)\n\t\treturn 1;"))
        self.assertIn("named: nothing is less", str(mutant))

    def test_more_than_a_statement(self):
        entry = named.read(self.ENTRY.replace("-   return 1;", "- return 1;\n- return 0;"))[0]
        mutant = named.mutant(entry, PROGRAM)
        self.assertEqual(mutant.begin, PROGRAM.index("if (a < b)"))
        self.assertEqual(mutant.begin, mutant.until)

    def test_the_code_has_moved_on(self):
        with self.assertRaisesRegex(needs.RigError, "0 places in p.c"):
            named.mutant(named.read(self.ENTRY.replace("a < b", "a > b"))[0], PROGRAM)
        with self.assertRaisesRegex(needs.RigError, "2 places"):
            named.mutant(named.read(self.ENTRY)[0], PROGRAM + PROGRAM)

    def test_the_same_fault_is_tried_once(self):
        entry = named.read(self.ENTRY.replace("-   return 1;\n", "").replace(" return 1;", ""))[0]
        plain = operators.mutants("p.c", PROGRAM)
        found = named.merged(plain, [entry], PROGRAM)
        self.assertEqual(len(found), len(plain))
        self.assertEqual(found[-1].operator, "named: nothing is less")
        self.assertEqual(named.merged(plain, [], PROGRAM), plain)

    def test_the_file_itself(self):
        for entry in named.load():
            self.assertIn(entry.path, table.ROWS)
            path = needs.REPO / entry.path
            if path.exists():           # of upstream's files only hunks are here
                with self.subTest(entry.name):
                    self.assertEqual(named.mutant(entry, path.read_text("utf-8")).function,
                                     entry.function)


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
    def problems(self):
        return table.problems(ours.named(), killers.killers(), needs.boot_tests())

    def test_each_file_has_a_row_and_each_name_is_there(self):
        self.assertEqual(self.problems(), [])

    def test_what_is_wrong_is_told(self):
        whole = dict(table.ROWS)
        self.addCleanup(table.ROWS.update, whole)
        self.addCleanup(table.ROWS.clear)
        del table.ROWS["mm/hmm.c"]
        table.ROWS["no.c"] = table.Row(("no-program",), ("smoke", "smoke", "dma-api@no"))
        table.ROWS["block/bio.c"] = table.Row()
        self.assertEqual(sorted(self.problems()), [
            "block/bio.c: nothing can kill its mutants", "mm/hmm.c: has no row",
            "no.c: a test is named twice", "no.c: has a row, and is no file of ours",
            "no.c: no program no-program", "no.c: no test dma-api@no"])


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
number: 2
- #define X 1
+ #define X 2
machine: smoke
"""

    def test_entries(self):
        found = list(explained.parse(self.TEXT).values())
        self.assertEqual([entry.key for entry in found], [
            ("a.c", "f", "if (a)", "if (1)", 0), ("a.c", "f", "g();", "", 0),
            ("b.c", "", "#define X 1", "#define X 2", 2)])
        self.assertEqual([(entry.kind, entry.reason) for entry in found],
                         2 * [("equivalent", "nothing sees it")] + [("machine", "smoke")])

    def test_bad(self):
        for was, becomes in (("equivalent: nothing", "because: nothing"),
                             ("+ if (1)\n", ""), ("function: f\n", ""),
                             ("machine: smoke", ""), ("machine: smoke", "machine:"),
                             ("  sees it", "- h();\n+\nmachine: smoke"),
                             ("function:\nnumber: 2\n- #define X 1\n+ #define X 2\n",
                              "function: f\n- if (a)\n+ if (1)\n")):
            text = self.TEXT.replace(was, becomes, 1)
            if "if (a)" in becomes:
                text = text.replace("b.c", "a.c")
            with self.subTest(becomes), self.assertRaises(needs.RigError):
                explained.parse(text)

    def test_what_fits_no_mutant_or_several(self):
        entries = explained.parse(self.TEXT)
        mutant = operators.Mutant("a.c", "f", "condition true", 0, 0, "1", 3, "if (a)", "if (1)")
        twin = replace(mutant, line=5)
        self.assertEqual([entry.becomes for entry in explained.unknown(entries, [mutant], {"a.c"})],
                         [""])
        self.assertEqual(len(explained.unknown(entries, [mutant, twin], {"a.c"})), 2)
        self.assertEqual(len(explained.unknown(entries, [], {"a.c", "b.c"})), 3)

    def test_the_number_tells_equal_lines_apart(self):
        mutants = [operators.Mutant("b.c", "", "constant", 0, 0, "2", line, "#define X 1",
                                    "#define X 2") for line in (9, 4)]
        self.assertEqual([key[-1] for key in explained.keys(mutants).values()], [2, 1])
        self.assertEqual(explained.unknown(explained.parse(self.TEXT), mutants, {"b.c"}), [])

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
        made.survey.states = lambda path, mutants: {}
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

    def test_what_a_program_cannot_be_compiled_with_is_for_the_next(self):
        killed = self.results(self.engine)["killed"][0]
        lost = next(mutant for mutant in self.engine.mutants if mutant.becomes == killed)

        def build(killer, place, texts, numbered):
            bad = {number for number, mutant in numbered if mutant == lost}
            left, more = killers.Killer.build(killer, place, texts, [
                pair for pair in numbered if pair[0] not in bad])
            return left, bad | more
        made = self.made()
        made.store = store.Store(self.place / "other")
        with mock.patch.object(Program, "build", build):
            self.assertIn(killed, self.results(made)["survived"])

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

    def test_nothing_stays_in_the_way(self):
        self.results(self.engine)
        self.assertEqual(list(needs.SCRATCH.iterdir()), [])

    def boots(self, verdicts):
        """An Engine whose boots give these verdicts by what a mutant becomes."""
        made = self.made()

        class Boots:
            over = mock.Mock()

            def ladder(self, mutant):
                return ["boot"] * (mutant.function != "show")

            def tried(self, mutant):
                return verdicts.get(mutant.becomes)
        made.boots, made.machines = Boots(), 2
        return made

    def test_a_boot_tries_what_programs_leave(self):
        killed = booted.Verdict(True, "pv-t", "not ok 1", True)
        alive = booted.Verdict(False, "pv-t", "passed", True)
        made = self.boots({"if (a <= b)": killed, "if (b < a)": alive})
        results = {result.mutant.becomes: result for result in made.run(made.mutants, False)}
        self.assertEqual((results["if (a <= b)"].state, results["if (a <= b)"].by),
                         ("killed", "pv-t"))
        # The programs did it already.
        self.assertEqual(results["if (0)"].by, "program")
        self.assertIn("left", " ".join(self.said) + "left")
        made.killers["program"].covers = lambda mutant: False
        made = self.boots({"if (a <= b)": alive})
        made.killers["program"].covers = lambda mutant: False
        results = {result.mutant.becomes: result for result in made.run(made.mutants, False)}
        self.assertEqual((results["if (a <= b)"].state, results["if (a <= b)"].said),
                         ("survived", "reached by pv-t, and not noticed"))
        self.assertEqual(results["if (0)"].state, "waits for a boot")

    def test_what_goes_wrong_ends_the_boots(self):
        made = self.boots({})
        made.boots.tried = mock.Mock(side_effect=needs.RigError("no kernel"))
        with self.assertRaisesRegex(needs.RigError, "no kernel"):
            made.run(made.mutants, False)
        made.boots.over.set.assert_called()

    def test_sample_of_boots(self):
        made = self.boots({})
        self.assertEqual(made.sample_of_boots(3, "seed"), [])
        made.killers["program"].covers = lambda mutant: False
        drawn = made.sample_of_boots(3, "seed")
        self.assertEqual(len(drawn), 5)
        self.assertNotIn("show", {mutant.function for mutant in drawn})
        self.assertEqual(made.sample(3, "seed"), [])


class Verb(unittest.TestCase):
    """mutate.sample() and every() with an Engine that finds what it is told."""

    def setUp(self):
        self.mutants = {name: operators.Mutant(
            f"{name}.c", "f", "named: it" if name.startswith("named") else "constant", 0, 1, name,
            1, "1", name) for name in ("user1", "user2", "boot1", "boot2", "named1", "named2")}
        self.ran, self.machines = [], []
        made = mock.Mock(mutants=list(self.mutants.values()), sources={}, entries={})
        made.with_names = [self.mutants["named1"], self.mutants["named2"]]
        made.waits = lambda mutant: mutant.new in ("boot1", "boot2", "named2")
        made.sample = lambda count, seed: [self.mutants["user1"], self.mutants["user2"]]
        made.sample_of_boots = lambda count, seed: [self.mutants["boot1"], self.mutants["boot2"]]
        made.run = self.run_them
        for patch in (mock.patch.object(mutate.engine, "load", self.load(made)),
                      mock.patch.object(mutate, "say"),
                      mock.patch.object(mutate.boots, "jobs", lambda: 2)):
            patch.start()
            self.addCleanup(patch.stop)

    def load(self, made):
        def loaded(_words, _jobs, machines):
            self.machines.append(machines)
            return made
        return loaded

    def run_them(self, mutants, survey):
        self.ran.append([mutant.new for mutant in mutants])
        return [engine.Result(mutant, "does not compile" if mutant.new == "user1" else "killed")
                for mutant in mutants]

    def test_check_boots_nothing(self):
        found = mutate.sample(1, "seed")
        self.assertEqual((self.machines, self.ran), ([0], [["user1", "user2", "named1"]]))
        self.assertEqual(len(found), 2)

    def test_full_check_boots_some(self):
        found = mutate.sample(2, "seed", booted=1)
        self.assertEqual((self.machines, self.ran), (
            [2], [["user1", "user2", "named1", "named2"], ["boot1", "boot2"]]))
        self.assertEqual(len(found), 4)
        self.assertLess(mutate.BOOTED, mutate.FULL)

    def test_fewer_than_asked_for_is_a_failure(self):
        self.mutants["boot1"] = self.mutants["user1"]
        found = mutate.sample(3, "seed", booted=2)
        self.assertEqual([result.name for result in found if not result.passed],
                         ["mutants: 1 of 2 were booted"])

    def test_names(self):
        with mock.patch("builtins.print"):
            self.assertEqual(len(mutate.every([], True, 2)), 2)
        self.assertEqual((self.machines, self.ran), ([2], [["named1", "named2"]]))


if __name__ == "__main__":
    unittest.main()
