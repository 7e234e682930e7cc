"""The faults that are put into C: one change of one place each.

An operator is a function that yields (name of the operator, first, last, new text), where
toks[first:last] is what the new text takes the place of.
"""
import bisect
import re
from dataclasses import dataclass, replace

from rig.mutants import parse, tokens

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "<<": ">>", ">>": "<<",
              "&": "|", "|": "&", "^": "|"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "++": "--", "--": "++",
               "<<=": ">>=", ">>=": "<<=", "*=": "/=", "/=": "*="}
#: what ends an expression of && and ||
ENDS = {",", "?", ":", ";", "=", "return", *ASSIGNMENTS} - {"++", "--"}
#: constants of which the neighbour by number means nothing
OPPOSITES = {"true": "false", "false": "true", "DMA_TO_DEVICE": "DMA_FROM_DEVICE",
             "DMA_FROM_DEVICE": "DMA_TO_DEVICE", "GNTTAB_CACHE_CLEAN": "GNTTAB_CACHE_INVAL",
             "GNTTAB_CACHE_INVAL": "GNTTAB_CACHE_CLEAN"}
#: names in capitals that are no values that could be another
NO_CONSTANT = re.compile(r"__|E[A-Z0-9]+$|NULL$|CONFIG_|KERN_|[A-Z]$|GFP_|EXPORT_|MODULE_|LIST_")
ORDERED = {"READ_ONCE": 1, "rcu_dereference": 1, "rcu_dereference_raw": 1, "rcu_access_pointer": 1,
           "smp_load_acquire": 1}
STORES = {"WRITE_ONCE": "=", "rcu_assign_pointer": "=", "smp_store_release": "="}
UNORDERED = {"kfree_rcu": None, "rb_link_node_rcu": "rb_link_node", "hash_add_rcu": "hash_add",
             "hash_del_rcu": "hash_del", "list_add_rcu": "list_add", "list_del_rcu": "list_del",
             "list_add_tail_rcu": "list_add_tail"}
LOCKS = re.compile(r"(raw_)?(spin|read|write|mutex)_?(un)?lock|guard$|rcu_read_(un)?lock|"
                   r"(write|read)_seqcount|local_irq|preempt_(en|dis)able")
BARRIERS = re.compile(r"(smp_|dma_)?[rw]?mb$|smp_mb__|barrier$|cpu_relax$|arch_sync_dma_flush$|"
                      r"synchronize_|tracepoint_synchronize")
#: their arguments are a format and what it shows
MESSAGES = re.compile(r"(pr|dev|pci)_(err|warn|info|dbg|notice|emerg|crit)|printk|seq_p|panic$|"
                      r"WARN|pr_cont")
POINTER, BOOL = re.compile(r"\*"), re.compile(r"\bbool\b")


@dataclass(frozen=True)
class Mutant:
    """text[start:end] of the file becomes `new`. `begin` to `until` is the statement that
    it is in; `bare` if that is the body of another one. A mutant without a function is of a
    macro or an initialiser."""

    path: str
    function: str
    operator: str
    start: int
    end: int
    new: str
    line: int
    was: str                # the lines that change, and what they become, without indentation
    becomes: str
    begin: int = 0
    until: int = 0
    bare: bool = False

    def apply(self, text):
        """TEXT of the file with the fault."""
        return text[:self.start] + self.new + text[self.end:]

    def __str__(self):
        return (f"{self.path}:{self.line}: {self.function + '(): ' if self.function else ''}"
                f"{self.operator}: '{self.was}' -> '{self.becomes}'")


def _binary(toks, at):
    """Is the operator at AT between two operands?"""
    before, after = toks[at - 1], toks[at + 1]
    if before.text in ("return", "case", "sizeof"):
        return False
    return (before.kind in ("name", "number", "char") or before.text in (")", "]")) and \
        (after.kind in ("name", "number", "char") or after.text in ("(", "~", "-", "*", "&", "!"))


def _is_cast(toks, pairs, at):
    """Does a cast, of which AT is the closing bracket, stand before an operand?"""
    opening = pairs[at]
    inner = toks[opening + 1:at]
    return bool(inner) and all(tok.kind == "name" or tok.text == "*" for tok in inner) and (
        inner[-1].text == "*" or inner[-1].text.endswith("_t") or
        inner[0].text in ("unsigned", "struct", "void", "long", "int", "u64", "u32", "char"))


def _conditions(toks, statement):
    if not statement.cond or statement.cond[0] == statement.cond[1]:
        return
    first, last = statement.cond
    text = _text(toks, first, last)
    if statement.kind == "switch":
        return
    inner = {tok.text for tok in toks[first:last]}
    # With one operator that another operator negates it would be the same mutant.
    if inner & {"&&", "||"} or not inner & {"!", "==", "!="}:
        yield "condition negated", first, last, f"!({text})"
    yield "condition false", first, last, "0"
    if statement.kind == "if":
        yield "condition true", first, last, "1"


def _operands(toks, pairs, first, last):
    """Each operand of && and || dropped, at this level of brackets and in them."""
    ends = [first - 1]
    at = first
    while at < last:
        tok = toks[at]
        if tok.kind == "op" and tok.text in tokens.OPENS:
            yield from _operands(toks, pairs, at + 1, pairs[at])
            at = pairs[at]
        elif tok.text in ENDS:
            ends.append(at)
        at += 1
    for start, end in zip(ends, ends[1:] + [last]):
        ors = tokens.split(toks, pairs, start + 1, end, "||")
        for part in ors:
            ands = tokens.split(toks, pairs, *part, "&&")
            if len(ors) > 1:
                yield ("operand dropped", *part, "0")
            if len(ands) > 1:
                for operand in ands:
                    yield ("operand dropped", *operand, "1")


def _expressions(toks, pairs, first, last, declaration=False):
    """Faults of single operators, constants and calls in toks[first:last]."""
    assigned = not declaration
    for at in range(first, last):
        tok = toks[at]
        if tok.text == "=":
            assigned = True
        if tok.kind == "op":
            yield from _operator(toks, pairs, at, assigned)
        elif tok.kind == "number" and re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*", tok.text):
            yield from _number(tok, at, toks[at - 1].text in COMPARISONS)
        elif tok.kind == "name":
            yield from _name(toks, pairs, at, last, assigned)


def _operator(toks, pairs, at, assigned):
    text = toks[at].text
    if text in COMPARISONS:
        yield "comparison", at, at + 1, COMPARISONS[text]
    elif text in ASSIGNMENTS:
        yield "assignment", at, at + 1, ASSIGNMENTS[text]
    elif text in ARITHMETIC and assigned and _binary(toks, at):
        if not (toks[at - 1].text == ")" and _is_cast(toks, pairs, at - 1)):
            yield "arithmetic", at, at + 1, ARITHMETIC[text]
    elif text in ("~", "!"):
        yield "operator dropped", at, at + 1, ""
    elif text == "?" and toks[at + 1].text != ":":
        yield "condition true", at, at + 1, "|| 1 ?"
        yield "condition false", at, at + 1, "&& 0 ?"


def _number(tok, at, compared=False):
    digits = re.match(r"0[xX][0-9a-fA-F]+|\d+", tok.text).group()
    value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    yield "constant", at, at + 1, str(value + 1) + tok.text[len(digits):]
    if value == 1 and not compared:
        yield "constant", at, at + 1, "0" + tok.text[len(digits):]


def _name(toks, pairs, at, last, assigned):
    text = toks[at].text
    called = at + 1 < last and toks[at + 1].text == "("
    if called:
        yield from _call(toks, pairs, at)
    elif text in OPPOSITES and toks[at - 1].text != "return":
        yield "constant", at, at + 1, OPPOSITES[text]
    elif (assigned and text.isupper() and not NO_CONSTANT.match(text) and text not in OPPOSITES
          and toks[at - 1].text not in ("goto", ".", "->", "case", "struct", "enum")
          and (at + 1 >= last or toks[at + 1].kind not in ("string", "name"))):
        yield "constant", at, at + 1, f"({text} + 1)"


def _call(toks, pairs, at):
    name, close = toks[at].text, pairs[at + 1]
    parts = tokens.split(toks, pairs, at + 2, close, ",")
    args = [_text(toks, *part) for part in parts]
    if name in ORDERED:
        yield "barrier", at, close + 1, f"({args[0]})"
        return
    if name in STORES:
        yield "barrier", at, close + 1, f"{args[0]} {STORES[name]} {args[1]}"
        return
    if name in UNORDERED:
        other = UNORDERED[name]
        yield ("barrier", at, close + 1,
               f"{other}({', '.join(args)})" if other else f"kfree({args[0]})")
    if name == "kfree_rcu" or MESSAGES.match(name) or not name.lower() == name:
        return
    if name in ("min", "max"):
        yield "call", at, at + 1, "max" if name == "min" else "min"
        return
    for (first, _), (_, last), one, two in zip(parts, parts[1:], args, args[1:]):
        if one != two and not one.startswith('"') and "struct " not in one + two:
            yield "arguments swapped", first, last, f"{two}, {one}"


def _returns(toks, statement, function):
    first, last = statement.first + 1, statement.last - 1
    if first >= last:
        return
    value = _text(toks, first, last)
    if POINTER.search(function.returns):
        others = ["NULL"]
    elif BOOL.search(function.returns):
        others = {"true": ["false"], "false": ["true"]}.get(value, ["true", "false"])
    elif re.search(r"\bstruct\b", function.returns):
        return
    elif value == "0":
        signed = re.search(r"\b(int|ssize_t)\b", function.returns) and \
            "unsigned" not in function.returns
        others = ["-EINVAL" if signed else "1"]
    else:
        others = ["0"]
        if not re.fullmatch(r"-E[A-Z]+|ret|error|err", value):
            others.append(f"({value}) + 1")
    for other in others:
        if other != value:
            yield "return value", first, last, other


def _deletions(toks, pairs, statement, function):
    first, last = statement.first, statement.last
    if statement.kind == "loop" and toks[first].text in ("scoped_guard", "scoped_cond_guard"):
        yield "lock", first, pairs[first + 1] + 1, ""
        return
    deletable = statement.kind in ("simple", "jump") or (
        statement.kind == "return" and function.void)
    if not deletable:
        return
    name = toks[first].text
    kind = "barrier" if BARRIERS.match(name) else "lock" if LOCKS.match(name) else \
        "statement deleted"
    yield kind, first, last, ";" if statement.bare else ""


def _of_statement(toks, pairs, statement, function):
    """(operator, first, last, new text) of the faults of a statement by itself."""
    yield from _deletions(toks, pairs, statement, function)
    if statement.kind in ("if", "while", "for", "do", "switch"):
        yield from _conditions(toks, statement)
        own = (statement.first, statement.inner[0].first if statement.kind != "do"
               else statement.last)
        if statement.kind == "do":
            own = statement.cond
    elif statement.kind == "loop":
        own = (statement.first, statement.inner[0].first)
    elif statement.kind in ("simple", "declaration", "return"):
        own = (statement.first, statement.last)
    else:
        return
    if statement.kind == "return":
        yield from _returns(toks, statement, function)
        if own[1] - own[0] == 3:                    # one word, and replaced
            return
    yield from _operands(toks, pairs, *own)
    yield from _expressions(toks, pairs, *own, declaration=statement.kind == "declaration")


def _text(toks, first, last):
    """The source from one token to another, on one line."""
    words, before = [], None
    for tok in toks[first:last]:
        if before is not None and tok.start > before.end:
            words.append(" ")
        words.append(tok.text)
        before = tok
    return "".join(words)


class _File:
    """What is needed to turn an operator's answer into a Mutant."""

    def __init__(self, path, text, owned):
        self.path, self.text, self.owned = path, text, owned
        self.starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self.seen = set()

    def line(self, offset):
        """The number of the line at OFFSET, from 1."""
        return bisect.bisect_right(self.starts, offset)

    def is_ours(self, start, end):
        """Is any of the lines from START to END one of ours?"""
        return self.owned is None or any(
            line in self.owned for line in range(self.line(start), self.line(end - 1) + 1))

    def mutant(self, operator, start, end, new, function="", statement=None, toks=None):
        """The Mutant, or None if it is not ours or there already."""
        if not self.is_ours(start, end) or (start, end, new) in self.seen:
            return None
        self.seen.add((start, end, new))
        first, last = self.starts[self.line(start) - 1], self.text.find("\n", end)
        changed = self.text[first:start] + new + self.text[end:last]
        begin = toks[statement.first].start if statement else 0
        until = toks[statement.last - 1].end if statement else 0
        return Mutant(self.path, function, operator, start, end, new, self.line(start),
                      " ".join(self.text[first:last].split()), " ".join(changed.split()),
                      begin, until, bool(statement and statement.bare))


def mutants(path, text, owned=None):
    """The mutants of a file; OWNED are the numbers of the lines that are ours, None: all."""
    toks = tokens.tokens(text)
    pairs = tokens.partners(toks)
    file, found = _File(path, text, owned), []
    functions = parse.functions(text, toks, pairs)
    for function in functions:
        mine = [mutant for mutant in _of_function(file, toks, pairs, function) if mutant]
        whole = all(file.is_ours(at, at + 1) for at in range(function.start, function.end)
                    if text[at] == "\n" or at == function.start)
        if whole and len(mine) == 1:
            mine += [mutant for mutant in _twice(file, toks, function) if mutant]
        found += mine
    found += [mutant for mutant in _of_file(file, toks, pairs, functions) if mutant]
    return found


def by_hand(path, text, function, toks, operator, start, end, new):
    """The Mutant by which text[start:end] in a Function becomes NEW. TOKS: the tokens of
    TEXT. What stands in no single statement is said to be reached where it begins."""
    ends = [(toks[one.first].start, toks[one.last - 1].end, one)
            for one in parse.walk(function.statements)]
    around = [(until - begin, one) for begin, until, one in ends
              if begin <= start and end <= until]
    statement = min(around, key=lambda pair: pair[0])[1] if around else None
    made = _File(path, text, None).mutant(operator, start, end, new, function.name, statement,
                                          toks)
    if statement:
        return made
    begin = max((begin for begin, _, _ in ends if begin <= start), default=0)
    return replace(made, begin=begin, until=begin)


def _of_function(file, toks, pairs, function):
    for statement in parse.walk(function.statements):
        for operator, first, last, new in _of_statement(toks, pairs, statement, function):
            if first < last:
                yield file.mutant(operator, toks[first].start, toks[last - 1].end, new,
                                  function.name, statement, toks)


def _twice(file, toks, function):
    """A function with one place for a fault: what it does is done twice."""
    for statement in parse.walk(function.statements):
        if statement.kind == "simple":
            text = _text(toks, statement.first, statement.last)
            yield file.mutant("done twice", toks[statement.first].start,
                              toks[statement.last - 1].end, f"{text} {text}", function.name,
                              statement, toks)


def _of_file(file, toks, pairs, functions):
    """Constants of macros and of initialisers, operators of macros."""
    inside = [(function.first, function.last) for function in functions]
    at = 0
    while at < len(toks):
        if inside and at >= inside[0][0]:
            at = inside.pop(0)[1]
            continue
        tok = toks[at]
        match = re.match(r"\s*#\s*define\s+\w+(\([^)]*\))?\s+", tok.text) \
            if tok.kind == "directive" else None
        if match:
            yield from _of_macro(file, tok, match.end())
        elif tok.kind == "number" and re.fullmatch(r"\d+[uUlL]*", tok.text) and \
                toks[at - 1].text in ("=", ",", "{", "("):
            for operator, _, _, new in _number(tok, at):
                yield file.mutant(operator, tok.start, tok.end, new)
        at += 1


def _of_macro(file, directive, skip):
    body = directive.text[skip:].replace("\\\n", "  ")
    toks = tokens.tokens(body)
    pairs = tokens.partners(toks)
    if not toks or any(tok.text == "do" for tok in toks):
        return
    for operator, first, last, new in _expressions(toks, pairs, 0, len(toks)):
        if first == 0 and toks[0].kind == "op":
            continue
        start = directive.start + skip + toks[first].start
        yield file.mutant(operator, start, directive.start + skip + toks[last - 1].end, new)
