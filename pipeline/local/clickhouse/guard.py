"""Refuses statements that would get around what the engine itself checks.

What comes in: a statement with its parameters and settings, who asks, and through which door. What goes out: nothing, or a Refusal. Everything else is
left to the engine's own grants.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from pipeline.local.clickhouse.access import User
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.outside import refuse_names, refuse_settings, refuse_system
from pipeline.local.clickhouse.sql import Token
from pipeline.local.clickhouse.statement import Statement, format_of

_BAD_ARGUMENTS: Final = 36
_SYNTAX_ERROR: Final = 62
_ACCESS_DENIED: Final = 497
_READONLY: Final = 164
_NOT_IMPLEMENTED: Final = 48
_READING: Final = frozenset(
    {"SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "USE", "SET", "CHECK"}
)
"""Verbs that a read-only user may begin with; what they do is checked by the engine."""
_CHANGING: Final = frozenset(
    {
        *(
            "ALTER",
            "ATTACH",
            "BACKUP",
            "BEGIN",
            "COMMIT",
            "COPY",
            "CREATE",
            "DELETE",
            "DETACH",
            "DROP",
            "EXCHANGE",
        ),
        *(
            "EXECUTE",
            "GRANT",
            "INSERT",
            "KILL",
            "MOVE",
            "OPTIMIZE",
            "PARALLEL",
            "RENAME",
            "REPLACE",
            "RESTORE",
        ),
        *("REVOKE", "ROLLBACK", "SYSTEM", "TRUNCATE", "UNDROP", "UPDATE", "WATCH"),
    }
)
"""Verbs of other statements; what begins otherwise is none."""
_FORBIDDEN_PAIRS: Final = {
    ("INTO", "OUTFILE"): "INTO OUTFILE would write a file on the server",
    ("FROM", "INFILE"): "FROM INFILE would read a file on the server",
    ("EXECUTE", "AS"): "EXECUTE AS would change the user",
}


def check(
    statement: Statement,
    user: User,
    *,
    parameters: Mapping[str, str],
    settings: Iterable[str],
    reads_only: bool = False,
) -> None:
    """Refuse what gets around the user's rights, and what writes where the door only reads.

    Raises Failure with the engine's own codes.
    """
    tokens = statement.tokens
    if not tokens:
        raise Failure(_SYNTAX_ERROR, "Syntax error: the query is empty")
    if any(token.kind == "broken" for token in tokens):
        raise Failure(_SYNTAX_ERROR, "Syntax error: a quote or a comment is not closed")
    try:
        "".join([statement.text, *parameters.values()]).encode()
    except UnicodeEncodeError:
        raise Failure(_BAD_ARGUMENTS, "the query or a parameter is no UTF-8", "BAD_ARGUMENTS") from None
    _check_single(tokens)
    for first, second in pairwise(tokens):
        if (reason := _FORBIDDEN_PAIRS.get((first.word, second.word))) is not None:
            raise Failure(_ACCESS_DENIED, f"{user.name}: {reason}, and is refused")
    _check_roles(tokens, user)
    refuse_names(tokens, parameters)
    refuse_settings(settings)
    if user.read_only:
        refuse_system(tokens, parameters)
    if (reads_only or user.read_only) and statement.verb not in _READING:
        if statement.verb not in _CHANGING:
            first = next((token for token in tokens if token.text != "("), tokens[0])
            found = f"failed at position {first.start + 1} ({first.text})"
            raise Failure(_SYNTAX_ERROR, f"Syntax error: {found}: no statement begins so", "SYNTAX_ERROR")
        raise Failure(_READONLY, f"{user.name}: Cannot execute query in readonly mode")


def check_native(statement: Statement, formats: frozenset[str]) -> None:
    """Refuse what the native port cannot answer: a FORMAT clause, and WITH TOTALS. Raises Failure."""
    if statement.has_totals:
        raise Failure(
            _NOT_IMPLEMENTED, "WITH TOTALS works over HTTP only; or use WITH ROLLUP", "NOT_IMPLEMENTED"
        )
    if statement.verb != "INSERT" and format_of(statement, formats):
        raise Failure(_SYNTAX_ERROR, "FORMAT is refused on the native port: its answers are always Native")


def _check_single(tokens: Sequence[Token]) -> None:
    ended = False
    for token in tokens:
        if ended and token.text != ";":
            raise Failure(_SYNTAX_ERROR, "Syntax error: Multi-statements are not allowed")
        ended = ended or token.text == ";"


def _check_roles(tokens: Sequence[Token], user: User) -> None:
    for at, token in enumerate(tokens):
        if token.word != "SET":
            continue
        words = [following.word for following in tokens[at + 1 : at + 3]]
        assigns = at + 2 < len(tokens) and tokens[at + 2].text == "="
        if (words[:1] == ["ROLE"] and not assigns) or words == ["DEFAULT", "ROLE"]:
            raise Failure(_ACCESS_DENIED, f"{user.name}: roles are set by the server: SET ROLE is refused")
