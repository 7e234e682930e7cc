"""All mutants of a file in one source: which one runs is a number, set when it starts.

A function with mutants is there once as it was and once for each mutant, under other
names; the function itself looks at rig_mutant and calls one of them. So one build serves
all mutants, in user space or in a kernel. Each copy has a #line of its own, by which the
compiler's errors tell which mutants do not compile.
"""
import re
from dataclasses import replace

from rig.mutants import parse, tokens

#: ahead of the first copy: in user space the environment has the number
USER = '''\
#ifndef RIG_MUTANT
#define RIG_MUTANT
extern char *getenv(const char *);
extern int atoi(const char *);
extern long write(int, const void *, unsigned long);
static int rig_mutant, rig_reached;
static void __attribute__((__constructor__)) rig_mutant_init(void)
{
	const char *number = getenv("RIG_MUTANT");

	rig_mutant = number ? atoi(number) : 0;
}
static inline __attribute__((__unused__)) void rig_reach(void)
{
	if (!rig_reached++ && write(3, "", 1) < 0)
		rig_reached = 1;
}
#endif
'''
#: in a kernel rig_mutant.c defines them, with a parameter rig_mutant=N of the command line
#: (assembly includes some of our headers, too)
KERNEL = '''\
#ifndef __ASSEMBLER__
extern int rig_mutant;
extern void rig_reach(void);
extern void rig_visit(int place);
#endif
'''
_INLINE = re.compile(r"\b(__always_inline|inline|__inline__|noinline|__maybe_unused)\b")
_COPY = re.compile(r"rig_mutant:(\d+):")
_INSIDE = re.compile(r": In function .\w+?(?:__rig_(\d+))?\W*:$")


def blamed(said):
    """The numbers of the mutants that the compiler's errors are about.

    An error in a macro has the place of the macro: then the function tells."""
    found, current = set(), None
    for line in said.splitlines():
        inside = _INSIDE.search(line)
        if inside:
            current = int(inside[1] or 0)
        if " error: " in line:
            here = _COPY.match(line)
            found.add(int(here[1]) if here else current)
    return found - {0, None}


def _head(text, function, name, extra):
    """The head of a function under another NAME, in the file alone and not inlined."""
    before = _INLINE.sub("", text[function.start:function.name_start])
    if not re.search(r"\bstatic\b", before):
        before = "static " + before
    behind = text[function.name_start + len(function.name):function.head_end]
    return f"{extra}{before}{name}{behind}"


def _statement(function, mutant):
    """(where it begins, where it ends, is it a bare body) of the statement of a mutant."""
    begin = max(mutant.begin, function.head_end + 1)
    return begin, mutant.until or begin, mutant.bare


def places(numbered):
    """{number: the place of the mutant}: those of one statement have one, which is the
    number of the first of them."""
    first, found = {}, {}
    for number, mutant in numbered:
        where = mutant.path, mutant.function, mutant.begin, mutant.until
        found[number] = first.setdefault(where, number)
    return found


def _visited(text, function, mine):
    """The body of a function as it was, which says which places were visited."""
    inserted, where = [], places(mine)
    for number, mutant in mine:
        if where[number] != number:
            continue
        begin, until, bare = _statement(function, mutant)
        # What ends at an offset ends before the next begins there.
        inserted.append((begin, 1, f"{'{ ' if bare else ''}rig_visit({number}); "))
        if bare:
            inserted.append((until, 0, "}"))
    parts, at = [], function.head_end
    for offset, _, words in sorted(inserted, key=lambda one: one[:2]):
        parts += [text[at:offset], words]
        at = offset
    return "".join(parts) + text[at:function.end]


def _copy(text, function, mutant, name, extra, place, reach=True):
    """The function with one mutant in it, which says that it was reached."""
    begin, until, _ = _statement(function, mutant)
    before, behind = ("{ " if mutant.bare else "", "}" if mutant.bare else "") if reach else \
        ("", "")
    body = (text[function.head_end:begin] + before + ("rig_reach(); " if reach else "") +
            text[begin:mutant.start] + mutant.new + text[mutant.end:until] + behind +
            text[until:function.end])
    return f'#line 1 "{place}"\n{_head(text, function, name, extra)}{body}\n'


def _within(text, numbered):
    """[(Function, [(number, Mutant)])] of the functions of TEXT that have mutants."""
    found = [(function, [(number, mutant) for number, mutant in numbered
                         if function.start <= mutant.start < function.end])
             for function in parse.functions(text)]
    return [(function, mine) for function, mine in found if mine]


def expansions(text, numbered, visits=False):
    """[(Function, what takes the place of its text)] of those that have mutants.

    NUMBERED is [(number, Mutant)] of mutants in functions of TEXT. VISITS: the function as
    it was says which places() it comes to."""
    return [(function, _expansion(text, function, mine, visits))
            for function, mine in _within(text, numbered)]


def _expansion(text, function, mine, visits):
    extra = "__attribute__((__noinline__, __unused__)) "
    line = text.count("\n", 0, function.start) + 1
    call = f"({', '.join(function.params)})"
    original = f"{function.name}__rig_0"
    # A body can name its own function, as KUnit's stubs do: declared ahead of the copies.
    head = re.sub(r"\b(__always_inline|inline|__inline__)\b", "__attribute__((__unused__))",
                  text[function.start:function.name_start])
    behind = text[function.name_start:function.head_end]
    parts = ["\n", f'#line {line} "original"\n', head, behind.rstrip(), ";\n",
             f'#line {line} "original"\n',
             _head(text, function, original, extra),
             _visited(text, function, mine if visits else ()), "\n"]
    cases = []
    for number, mutant in mine:
        name = f"{function.name}__rig_{number}"
        parts.append(_copy(text, function, mutant, name, extra, f"rig_mutant:{number}"))
        cases.append(f"\tcase {number}: " + (f"{name}{call}; return;\n" if function.void else
                                             f"return {name}{call};\n"))
    ending = f"{original}{call};" if function.void else f"return {original}{call};"
    parts += ['#line 1 "chosen"\n', head, behind,
              "{\n\tswitch (rig_mutant) {\n", *cases, "\t}\n\t", ending, "\n}\n",
              f"#line {line + text.count(chr(10), function.start, function.end)} \"original\"\n"]
    return "".join(parts)


def source(text, numbered, runtime):
    """TEXT with all mutants in it, behind RUNTIME."""
    changed = text
    for function, becomes in reversed(expansions(text, numbered, runtime == KERNEL)):
        changed = changed[:function.start] + becomes + changed[function.end:]
    at = _first_code(text)
    return changed[:at] + runtime + changed[at:]


def probe(text, numbered, blaming):
    """TEXT as it is, and behind each function with mutants a copy of it and one of each,
    to compare what the compiler makes of them. Where all have the same lines, __LINE__
    makes no difference; BLAMING: each has lines of its own, as errors have to tell."""
    extra = "__attribute__((__noinline__, __noclone__, __used__)) "
    changed = text
    for function, mine in reversed(_within(text, numbered)):
        line = text.count("\n", 0, function.end) + 1
        inside = function.head_end + 1
        as_is = replace(mine[0][1], start=inside, end=inside, new="", begin=inside, until=inside)
        copies = [_copy(text, function, mutant, f"{function.name}__rig_{number}", extra,
                        f"rig_mutant:{number}" if blaming else "copy", reach=False)
                  for number, mutant in [(0, as_is), *mine]]
        changed = (changed[:function.end] + "\n" + "".join(copies) +
                   f'#line {line} "original"\n' + changed[function.end:])
    return changed


def _first_code(text):
    """Where declarations can stand: in front of the first token that is no directive, but
    in no #if."""
    depth, safe = 0, 0
    for tok in tokens.tokens(text):
        if tok.kind != "directive":
            break
        word = re.match(r"\s*#\s*(\w+)", tok.text)
        word = word[1] if word else ""
        depth += word.startswith("if") - (word == "endif")
        if depth == 0:
            safe = tok.end + 1
    return safe


def compiling(numbered, attempt, halves=True):
    """(those that compile, numbers of those that do not, errors of nobody's).

    ATTEMPT compiles a list of mutants, and returns None or the compiler's words. What it
    blames goes; where it blames none, HALVES are tried, unless that takes too long."""
    left, bad = list(numbered), set()
    while left:
        said = attempt(left)
        if said is None:
            return left, bad, None
        guilty = blamed(said) & {number for number, _ in left}
        if not guilty:
            guilty = _by_halves(left, attempt) if halves else None
            if guilty is None:
                return [], bad, said
        bad |= guilty
        left = [pair for pair in left if pair[0] not in guilty]
    return left, bad, None


def _by_halves(numbered, attempt):
    """The numbers of the mutants without which the others compile; None if the source
    does not compile without any."""
    if attempt([]) is not None:
        return None

    def guilty(part):
        if not part or attempt(part) is None:
            return set()
        if len(part) == 1:
            return {part[0][0]}
        half = len(part) // 2
        return guilty(part[:half]) | guilty(part[half:])
    return guilty(list(numbered))
