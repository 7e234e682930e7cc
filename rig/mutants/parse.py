"""Functions and statements of a C file, by its brackets and keywords.

It is no compiler: what it takes for a statement and is none gives a mutant that does not
compile, and that costs nothing but the attempt.
"""
from dataclasses import dataclass, field

from rig.mutants import tokens

CONTROL = ("if", "while", "for", "switch")
_NO_FUNCTION = ("if", "while", "for", "switch", "return", "sizeof", "typeof", "__typeof__",
                "__attribute__", "do", "else")
#: first words of a declaration; a name of a type followed by another name is one, too
_DECLARING = {"struct", "union", "enum", "unsigned", "signed", "const", "static", "int", "long",
              "short", "char", "bool", "void", "volatile", "register", "extern", "typedef",
              "__auto_type", "LIST_HEAD", "DEFINE_WAIT", "DECLARE_BITMAP", "float", "double"}


@dataclass(frozen=True)
class Statement:
    """toks[first:last]. kind: simple, declaration, return, jump, empty, block, label, do,
    or a word of CONTROL, or loop for a macro that is one. `cond` is its condition, as a
    range of tokens, `steps` that which follows it in a for()."""

    kind: str
    first: int
    last: int
    inner: tuple = ()           # statements in it
    cond: tuple = None
    steps: tuple = None
    bare: bool = False          # the body of another one, without braces


@dataclass
class Function:
    """text[start:end] is the definition, text[head_end:end] its body with its braces.

    `toks` and `pairs` are those of the file, of which first to last are the body's."""

    name: str
    start: int
    name_start: int
    params: list                # their names
    void: bool
    head_end: int
    end: int
    first: int
    last: int
    returns: str = ""           # its type, with static and the like
    statements: tuple = field(default=())


def functions(text, toks=None, pairs=None):
    """The functions that TEXT defines."""
    toks = tokens.tokens(text) if toks is None else toks
    pairs = tokens.partners(toks) if pairs is None else pairs
    found, at, begin = [], 0, 0
    while at < len(toks):
        tok = toks[at]
        if tok.kind == "directive" or tok.text == ";":
            begin = at + 1
        elif tok.text == "{":
            function = _function(text, toks, pairs, begin, at)
            if function:
                found.append(function)
                begin = pairs[at] + 1
            elif toks[at - 1].text != "=" and toks[at - 1].kind == "string":
                at += 1                                     # extern "C" {
                continue
            at = pairs[at]
        elif tok.text in ("(", "["):
            at = pairs[at]
        at += 1
    return found


def _function(text, toks, pairs, begin, brace):
    """The Function whose body begins at BRACE, or None."""
    close = brace - 1
    while close > begin and toks[close].kind == "name":     # attributes behind it
        close -= 1
    if close <= begin or toks[close].text != ")":
        return None
    opening = pairs[close]
    while opening > begin and toks[opening - 1].text == ")":
        close = opening - 1
        opening = pairs[close]
    name = opening - 1
    if name <= begin or toks[name].kind != "name" or toks[name].text in _NO_FUNCTION:
        return None
    start = name
    while start > begin and (toks[start - 1].kind == "name" or toks[start - 1].text == "*"):
        start -= 1
    if start == name:
        return None
    returns = [tok.text for tok in toks[start:name]]
    end = pairs[brace]
    params = [_param(toks, pairs, *part)
              for part in tokens.split(toks, pairs, opening + 1, close, ",")]
    return Function(toks[name].text, toks[start].start, toks[name].start,
                    [param for param in params if param],
                    "void" in returns and "*" not in returns, toks[brace].start,
                    toks[end].end, brace, end + 1, " ".join(returns),
                    tuple(_block(toks, pairs, brace + 1, end)))


def _param(toks, pairs, first, last):
    """The name of the parameter toks[first:last], None for void and ..."""
    names = [at for at in range(first, last) if toks[at].kind == "name"]
    if not names or (len(names) == 1 and toks[names[0]].text == "void"):
        return None
    for at in range(first, last - 2):
        if toks[at].text == "(" and toks[at + 1].text == "*":
            return toks[at + 2].text
    at = last - 1
    while toks[at].text == "]":
        at = pairs[at] - 1
    return toks[at].text


def _block(toks, pairs, at, end):
    """The statements of toks[at:end]."""
    while at < end:
        if toks[at].kind == "directive":
            at += 1
            continue
        statement = _statement(toks, pairs, at, end)
        yield statement
        at = statement.last


def _body(toks, pairs, at, end):
    """The statement at AT as the body of another, with the directives before it."""
    while at < end and toks[at].kind == "directive":
        at += 1
    return _statement(toks, pairs, at, end, bare=toks[at].text != "{" if at < end else False)


def _statement(toks, pairs, at, end, bare=False):
    tok = toks[at]
    if tok.text == "{":
        close = pairs[at]
        return Statement("block", at, close + 1, tuple(_block(toks, pairs, at + 1, close)))
    if tok.text == ";":
        return Statement("empty", at, at + 1, bare=bare)
    if tok.text in CONTROL:
        return _control(toks, pairs, at, end, bare)
    if tok.text == "do":
        body = _body(toks, pairs, at + 1, end)
        paren = body.last + 1                               # behind while
        return Statement("do", at, pairs[paren] + 2, (body,), (paren + 1, pairs[paren]),
                         bare=bare)
    if tok.text in ("case", "default") or (
            tok.kind == "name" and at + 1 < end and toks[at + 1].text == ":"):
        colon = at
        while toks[colon].text != ":":
            colon = pairs[colon] + 1 if toks[colon].text in tokens.OPENS else colon + 1
        return Statement("label", at, colon + 1)
    if tok.kind == "name" and tok.text != "return" and at + 1 < end and \
            toks[at + 1].text == "(":
        after = pairs[at + 1] + 1
        # A macro that is a loop, or takes a block: what follows it goes on.
        if after < end and (toks[after].text == "{" or toks[after].kind == "name"):
            body = _body(toks, pairs, after, end)
            return Statement("loop", at, body.last, (body,), bare=bare)
    last = at
    while last < end and toks[last].text != ";":
        last = pairs[last] + 1 if toks[last].text in tokens.OPENS else last + 1
    return Statement(_kind(toks, at, last), at, min(last + 1, end), bare=bare)


def _control(toks, pairs, at, end, bare):
    paren = at + 1
    close = pairs[paren]
    kind, cond, steps = toks[at].text, (paren + 1, close), None
    if kind == "for":
        parts = tokens.split(toks, pairs, paren + 1, close, ";")
        cond, steps = (parts[1], parts[2]) if len(parts) == 3 else (None, None)
    inner = [_body(toks, pairs, close + 1, end)]
    last = inner[0].last
    if kind == "if" and last < end and toks[last].text == "else":
        inner.append(_body(toks, pairs, last + 1, end))
        last = inner[1].last
    return Statement(kind, at, last, tuple(inner), cond, steps, bare)


def _kind(toks, at, last):
    first = toks[at].text
    if first == "return":
        return "return"
    if first in ("break", "continue", "goto"):
        return "jump"
    if first in _DECLARING:
        return "declaration"
    after = at + 1
    if toks[at].kind == "name" and after < last:
        while after < last and toks[after].text == "*":
            after += 1
        if after < last and toks[after].kind == "name" and (
                after == at + 1 or toks[at].text.endswith("_t")):
            return "declaration"
    return "simple"


def walk(statements):
    """All statements, those in others too."""
    for statement in statements:
        yield statement
        yield from walk(statement.inner)
