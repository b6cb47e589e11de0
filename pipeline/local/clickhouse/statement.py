"""What a query is: one statement of a kind, and where its parts lie.

What comes in: a query. What goes out: a statement; nothing is judged here.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from pipeline.local.clickhouse.sql import Token, tokens_of

_STREAMED: Final = frozenset({"SELECT", "WITH", "FROM"})
_TELLING: Final = frozenset({"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "KILL"})
_SOURCES: Final = frozenset({"SELECT", "WITH", "VALUES", "FORMAT", "FROM", "SETTINGS", "WATCH"})


class Insert(NamedTuple):
    """An INSERT whose rows come after the query."""

    table: str
    """The target, as the query writes it."""
    columns: tuple[str, ...] | None
    """The names between the brackets; None where there are none."""
    head: str
    """The statement up to its rows, without VALUES and FORMAT."""
    format: str
    """The format of the rows; "" where the query names none."""
    data_at: int
    """Where rows may begin within the query."""


class Statement(NamedTuple):
    """A query, cut into tokens."""

    query: str
    tokens: Sequence[Token]

    @property
    def verb(self) -> str:
        """The first word in capitals, brackets before it aside."""
        return next((token.word for token in self.tokens if token.text != "("), "")

    @property
    def streams(self) -> bool:
        """Whether it is a SELECT."""
        return self.verb in _STREAMED and not self.inserts

    @property
    def tells(self) -> bool:
        """Whether it has an answer of rows, and is no SELECT."""
        return self.verb in _TELLING

    @property
    def inserts(self) -> bool:
        """Whether it writes rows."""
        return any(token.word == "INSERT" and token.depth == 0 for token in self.tokens[:1]) or (
            self.verb == "WITH" and any(token.word == "INSERT" and token.depth == 0 for token in self.tokens)
        )

    @property
    def text(self) -> str:
        """The query without a closing semicolon and what comes after."""
        last = next((token for token in reversed(self.tokens) if token.text != ";"), None)
        return self.query[: last.end] if last is not None else ""


def statement_of(query: str) -> Statement:
    """Cut a query."""
    return Statement(query, tokens_of(query))


def insert_of(statement: Statement) -> Insert | None:
    """Give the parts of an INSERT whose rows come after the query or as its tail; None for every other statement."""
    tokens = statement.tokens
    if statement.verb != "INSERT" or tokens[0].word != "INSERT":
        return None
    at = 1 + sum(token.word in {"INTO", "TABLE"} for token in tokens[1:3])
    end = _end_of_target(tokens, at)
    columns, after = _columns(tokens, end)
    source = next(
        (token for token in tokens[after:] if token.depth == 0 and token.word in _SOURCES - {"SETTINGS"}),
        None,
    )
    if source is not None and source.word not in {"VALUES", "FORMAT"}:
        return None
    head = statement.query[: source.start] if source is not None else statement.text
    kind, data_at = _format(statement, source)
    target = statement.query[tokens[at].start : tokens[end - 1].end] if end > at else ""
    return Insert(target, columns, head, kind, data_at)


def _end_of_target(tokens: Sequence[Token], at: int) -> int:
    """A name, or FUNCTION with its call."""
    is_function = at < len(tokens) and tokens[at].word == "FUNCTION"
    for number, token in enumerate(tokens[at:], start=at):
        if token.depth == 0 and (
            (token.text == "(" and not is_function) or token.word in _SOURCES or token.text == ";"
        ):
            return number
    return len(tokens)


def _columns(tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...] | None, int]:
    if at >= len(tokens) or tokens[at].text != "(":
        return None, at
    names, parts = [], []
    for number, token in enumerate(tokens[at + 1 :], start=at + 1):
        if token.depth == 0 or (token.text == "," and token.depth == 1):
            names.append("".join(parts))
            parts = []
            if token.depth == 0:
                return tuple(names), number + 1
        else:
            parts.append(token.name)
    return tuple(names), len(tokens)


def _format(statement: Statement, source: Token | None) -> tuple[str, int]:
    if source is None:
        return "", len(statement.query)
    if source.word == "VALUES":
        return "Values", source.end
    name = next((token for token in statement.tokens if token.start >= source.end), None)
    return (name.text, name.end) if name is not None else ("", source.end)
