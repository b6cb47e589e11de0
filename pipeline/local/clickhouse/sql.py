"""Cuts SQL into tokens, so that a word within a literal, a comment or a quoted name is never taken for a keyword.

What comes in: a query. What goes out: its tokens, without comments and blanks. Follows ClickHouse's lexer.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

Kind = Literal["word", "quoted", "string", "number", "sign", "broken"]

_LEXER: Final = re.compile(
    r"""
      (?P<blank> \s+ | --[^\n]* | \#[ !][^\n]* | /\* .*? \*/ )
    | (?P<string> '(?:[^'\\]|\\.|'')*' | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$ )
    | (?P<quoted> `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*" )
    | (?P<number> \d[\w.]* )
    | (?P<word> [^\W\d]\w* )
    | (?P<broken> ['`"] .* | /\* .* )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_UNESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES: Final = {
    "b": "\b",
    "f": "\f",
    "r": "\r",
    "n": "\n",
    "t": "\t",
    "0": "\0",
    "a": "\a",
    "v": "\v",
    "e": "\x1b",
}
_DEPTHS: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Token(NamedTuple):
    """One token and where it lies."""

    kind: Kind
    text: str
    start: int
    end: int
    depth: int
    """How many brackets are open around it."""

    @property
    def word(self) -> str:
        """The word in capitals, "" for what is no bare word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """What it names: a bare word, or a quoted name without its quotes."""
        return unquote(self.text) if self.kind == "quoted" else self.text


def lex(query: str) -> Iterator[Token]:
    """Cut a query into tokens, one by one. What is never closed is one "broken" token to the end."""
    depth = 0
    for match in _LEXER.finditer(query):
        kind = _kind(match)
        if kind is None:
            continue
        text = match[0]
        change = _DEPTHS.get(text, 0) if kind == "sign" else 0
        depth += min(change, 0)
        yield Token(kind, text, match.start(), match.end(), depth)
        depth += max(change, 0)


def _kind(match: re.Match[str]) -> Kind | None:
    kinds: tuple[Kind, ...] = ("word", "sign", "string", "number", "quoted", "broken")
    for kind in kinds:
        if match[kind] is not None:
            return kind
    return None


def unquote(text: str) -> str:
    """Give what a quoted literal or name means."""
    quote = text[0]
    inner = text[1:-1].replace(quote * 2, quote)
    return _UNESCAPE.sub(_unescape, inner)


def _unescape(match: re.Match[str]) -> str:
    escaped = match[1]
    if escaped[0] == "x" and len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _ESCAPES.get(escaped, escaped)


def quote(text: str) -> str:
    """Write a text as a string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(name: str) -> str:
    """Write a name as a quoted identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
