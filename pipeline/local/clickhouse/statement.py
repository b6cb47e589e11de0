"""What a query is: one statement of a kind, and where its parts lie.

What comes in: a query. What goes out: a statement; nothing is judged here. The rows of an INSERT are not SQL: they are
neither cut into tokens nor ever given to the engine as part of a query.
"""

import re
from itertools import pairwise
from typing import Final, NamedTuple

from pipeline.local.clickhouse.sql import Token, lex

_SELECTS: Final = frozenset({"SELECT", "WITH", "FROM"})
_TELLS: Final = frozenset({"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "KILL"})
_ENDS_TARGET: Final = frozenset(
    {"SELECT", "WITH", "FROM", "VALUES", "FORMAT", "SETTINGS", "WATCH", "PARTITION"}
)
_BEFORE_ROWS: Final = re.compile(r"[ \t\f]*\r?\n?")


class Statement(NamedTuple):
    """A query, cut into tokens up to where rows begin."""

    query: str
    tokens: tuple[Token, ...]
    rows_at: int | None
    """Where the rows of an INSERT begin; None for every other statement."""

    @property
    def verb(self) -> str:
        """The first word in capitals, brackets before it aside."""
        return next((token.word for token in self.tokens if token.text != "("), "")

    @property
    def text(self) -> str:
        """The query without a closing semicolon and what comes after, without rows."""
        last = next((token for token in reversed(self.tokens) if token.text != ";"), None)
        return self.query[: last.end] if last is not None else ""

    @property
    def selects(self) -> bool:
        """Whether it is a SELECT."""
        return self.verb in _SELECTS and not any(
            token.word == "INSERT" and not token.depth for token in self.tokens
        )

    @property
    def has_totals(self) -> bool:
        """Whether it asks for totals, which the engine leaves out of Native answers and of streams."""
        return any(
            first.word == "WITH" and second.word == "TOTALS" and not first.depth
            for first, second in pairwise(self.tokens)
        )

    @property
    def tells(self) -> bool:
        """Whether it answers with rows, and is no SELECT."""
        return self.verb in _TELLS


class Insert(NamedTuple):
    """The parts of an INSERT whose rows come as data."""

    table: str
    """The target, as the query writes it."""
    columns: tuple[str, ...] | None
    """The names between the brackets; None where there are none."""
    head: str
    """The statement up to its columns."""
    settings: str
    """Its SETTINGS clause; "" for none."""
    format: str
    """The format of the rows; "" where the query names none."""
    rows: str
    """Rows that the query itself holds."""


def statement_of(query: str) -> Statement:
    """Cut a query."""
    tokens: list[Token] = []
    for token in lex(query):
        tokens.append(token)
        if (rows_at := _rows_at(query, tokens)) is not None:
            return Statement(query, tuple(tokens), rows_at)
    takes_rows = bool(tokens) and tokens[0].word == "INSERT" and not _has_source(tokens)
    return Statement(query, tuple(tokens), len(query) if takes_rows else None)


def _rows_at(query: str, tokens: list[Token]) -> int | None:
    if len(tokens) < 3 or tokens[0].word != "INSERT" or tokens[-1].depth:  # noqa: PLR2004 - INSERT, a table, VALUES
        return None
    last = tokens[-1]
    if _has_source(tokens):
        return None
    if tokens[-2].word == "FORMAT":
        match = _BEFORE_ROWS.match(query, last.end)
        return match.end() if match else last.end
    if last.word == "VALUES":
        return last.end
    return None


def _has_source(tokens: list[Token]) -> bool:
    return any(
        token.word in {"SELECT", "WITH", "FROM", "WATCH"} for token in tokens if not token.depth
    ) or any(token.word == "SELECT" and tokens[at - 1].text == "(" for at, token in enumerate(tokens))


def insert_of(statement: Statement) -> Insert | None:
    """Give the parts of an INSERT whose rows come as data; None for every other statement."""
    if statement.rows_at is None:
        return None
    tokens, query = statement.tokens, statement.query
    at = 1 + sum(token.word in {"INTO", "TABLE"} for token in tokens[1:3])
    end = _end_of_target(tokens, at)
    form, rest = _format(tokens)
    settings = next((token.start for token in tokens if token.word == "SETTINGS" and not token.depth), rest)
    return Insert(
        table=query[tokens[at].start : tokens[end - 1].end] if end > at else "",
        columns=_columns(tokens[end:]),
        head=query[:settings],
        settings=query[settings:rest],
        format=form,
        rows=query[statement.rows_at :],
    )


def format_of(statement: Statement, formats: frozenset[str]) -> str:
    """Give the format that a FORMAT clause names, "" for none; `formats` are the lower-case names of all."""
    tokens = statement.tokens
    for first, second in pairwise(tokens):
        if first.word == "FORMAT" and not first.depth and second.name.lower() in formats:
            return second.name
    return ""


def _end_of_target(tokens: tuple[Token, ...], at: int) -> int:
    """A name, or FUNCTION with its call."""
    is_function = at < len(tokens) and tokens[at].word == "FUNCTION"
    for number, token in enumerate(tokens[at:], start=at):
        ends = token.word in _ENDS_TARGET or token.text == ";" or (token.text == "(" and not is_function)
        if ends and not token.depth:
            return number
    return len(tokens)


def _columns(tokens: tuple[Token, ...]) -> tuple[str, ...] | None:
    """Give the names in the brackets that these tokens begin with."""
    if not tokens or tokens[0].text != "(":
        return None
    names = [""]
    for token in tokens[1:]:
        if not token.depth:
            break
        if token.text == "," and token.depth == 1:
            names.append("")
        else:
            names[-1] += token.name
    return tuple(names)


def _format(tokens: tuple[Token, ...]) -> tuple[str, int]:
    """Give the format, and where the statement without it ends."""
    if len(tokens) > 1 and tokens[-2].word == "FORMAT":
        return tokens[-1].name, tokens[-2].start
    if tokens[-1].word == "VALUES":
        return "Values", tokens[-1].start
    last = next(token for token in reversed(tokens) if token.text != ";")
    return "", last.end
