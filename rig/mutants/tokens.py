"""C cut into tokens, which is all that the operators need to know of the language."""
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
  | (?P<string>L?"(?:\\.|[^"\\\n])*")
  | (?P<char>L?'(?:\\.|[^'\\\n])+')
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<op>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\#\#
        |[-+*/%&|^~!<>=?:;,.(){}\[\]\#])
  | (?P<space>\s+|\\\n)
""", re.S | re.X)
OPENS = {"(": ")", "[": "]", "{": "}"}


class TokenError(Exception):
    """The text is not C as the kernel writes it."""


@dataclass(frozen=True)
class Token:
    """kind is a group of _TOKEN; start and end are offsets into the text."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text):
    """The tokens of TEXT but for comments and blanks; a directive is one token."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise TokenError(f"no token at {text[at:at + 30]!r}")
        if match.lastgroup not in ("comment", "space"):
            found.append(Token(match.lastgroup, match.group(), at, match.end()))
        at = match.end()
    return found


def partners(toks):
    """{index of an opening bracket: index of its closing one, and the reverse}.

    Brackets that directives make ambiguous are an error.
    """
    pairs, waiting = {}, []
    for index, tok in enumerate(toks):
        if tok.kind != "op":
            continue
        if tok.text in OPENS:
            waiting.append(index)
        elif tok.text in OPENS.values():
            if not waiting or OPENS[toks[waiting[-1]].text] != tok.text:
                raise TokenError(f"'{tok.text}' closes nothing at {tok.start}")
            pairs[index] = waiting.pop()
            pairs[pairs[index]] = index
    if waiting:
        raise TokenError(f"'{toks[waiting[-1]].text}' is not closed")
    return pairs


def split(toks, pairs, first, last, sep):
    """The (first, last) of each part of toks[first:last] between separators SEP that are
    in no bracket."""
    parts, start, at = [], first, first
    while at < last:
        tok = toks[at]
        if tok.kind == "op" and tok.text in OPENS:
            at = pairs[at]
        elif tok.text == sep and tok.kind == "op":
            parts.append((start, at))
            start = at + 1
        at += 1
    parts.append((start, last))
    return parts
