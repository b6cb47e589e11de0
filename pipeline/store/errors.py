"""What can go wrong with ClickHouse, and which of it time may cure.

What comes in: an exception of the driver. What goes out: `StoreError`s that a person can act on. Data are never to
blame here: admission has refused what a column cannot hold.
"""

from typing import Final

from clickhouse_driver import errors


class StoreError(Exception):
    """ClickHouse did not do what was asked."""


class SchemaError(StoreError):
    """The database's tables are not the ones that this version wants; `cxstream migrate` is the cure."""


class RefusedError(StoreError):
    """ClickHouse refused, and would again: a wrong password, a missing right, a query that is wrong."""


class UnavailableError(StoreError):
    """ClickHouse could not be reached, or could not take it, until the deadline."""


_SCHEMA: Final = frozenset({8, 10, 16, 20, 47, 53, 60, 81})
"""No such column (8, 10, 16, 47), table (60) or database (81); other columns (20) or types (53)."""

_TEMPORARY: Final = frozenset(
    {3, 32, 74, 75, 76, 96, 159, 164, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285, 319}
    | {394, 415, 425, 439, 473, 999, 1000}
)
"""Broken off (3, 32, 96, 209, 210, 236, 279, 394), out of time, memory, disk, threads or quota (74, 75, 76, 159, 201, 202, 203, 241,
243, 439), read-only (164, 242), too many parts (252), replicas or their keeper (225, 285, 319, 415, 999), locks (473),
the system under it (425, 1000)."""

_BROKEN: Final = (
    errors.NetworkError,
    errors.SocketTimeoutError,
    errors.ChecksumDoesntMatchError,
    errors.UnexpectedPacketFromServerError,
    errors.UnknownPacketFromServerError,
    errors.PartiallyConsumedQueryError,
    EOFError,
    OSError,
)


def is_temporary(error: Exception) -> bool:
    """Whether the same rows may pass later: the connection broke, or the engine is full, busy or read-only."""
    if isinstance(error, errors.ServerException):
        return error.code in _TEMPORARY
    return isinstance(error, _BROKEN)


def explain(error: Exception, doing: str) -> StoreError:
    """Say what failed while doing what, in one line without the engine's stack trace."""
    text = " ".join(str(error).split("Stack trace", maxsplit=1)[0].split()) or type(error).__name__
    code = error.code if isinstance(error, errors.ServerException) else None
    if code in _SCHEMA:
        return SchemaError(
            f"{doing}: there is no such name; if the tables are of another version: cxstream migrate ({text})"
        )
    if not is_temporary(error):
        return RefusedError(f"{doing}: ClickHouse refused ({text})")
    return UnavailableError(f"{doing}: ClickHouse did not take it in time ({text})")
