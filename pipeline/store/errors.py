"""What can go wrong with ClickHouse, and which of it time may cure.

What comes in: an exception of the driver. What goes out: `StoreError`s that a person can act on. Data are never to
blame here: admission has refused what a column cannot hold.
"""

import re
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


_SILENT: Final = (errors.SocketTimeoutError, TimeoutError)
_NO_CLICKHOUSE: Final = (
    errors.UnexpectedPacketFromServerError,
    errors.UnknownPacketFromServerError,
    EOFError,
)
_WAY_OUT: Final = "cxstream doctor tells more; cxstream up starts a local stack"
_PREFIX: Final = re.compile(r"^(?:Code: \d+\.? ?|DB::Exception: )+")
_READONLY: Final = 164
_UNKNOWN_TABLE: Final = 60


def is_broken(error: Exception) -> bool:
    """Whether the connection broke, or could not be made."""
    return isinstance(error, _BROKEN) and not isinstance(error, errors.ServerException)


def is_temporary(error: Exception) -> bool:
    """Whether the same rows may pass later: the connection broke, or the engine is full, busy or read-only."""
    if isinstance(error, errors.ServerException):
        return error.code in _TEMPORARY
    return is_broken(error)


def explain(error: Exception, doing: str, where: str = "the address that is set") -> StoreError:
    """Say what failed while doing what with a statement of ours, in one line without the engine's stack trace."""
    text = _text(error)
    code = error.code if isinstance(error, errors.ServerException) else None
    if code in _SCHEMA:
        return SchemaError(
            f"{doing}: the tables are not those of this version; cxstream migrate brings them up to date ({text})"
        )
    if is_broken(error):
        return UnavailableError(f"{doing}: {why_broken(error, where)}; {_WAY_OUT}")
    if not is_temporary(error):
        return RefusedError(f"{doing}: ClickHouse refused ({text})")
    return UnavailableError(f"{doing}: ClickHouse did not take it in time ({text})")


def explain_theirs(error: Exception, where: str = "the address that is set") -> StoreError:
    """Say what is wrong with a statement that somebody wrote: in the engine's own words, for they know the statement."""
    if is_broken(error):
        return UnavailableError(f"{why_broken(error, where)}; {_WAY_OUT}")
    text = _PREFIX.sub("", _text(error))
    code = error.code if isinstance(error, errors.ServerException) else None
    if code == _READONLY:
        return RefusedError(f"only reading is allowed here ({text})")
    if code == _UNKNOWN_TABLE:
        return RefusedError(f"{text} SHOW TABLES lists the views")
    return RefusedError(text)


def why_broken(error: Exception, where: str) -> str:
    """Say why no answer came. The driver wraps what the system said, so its text is looked at."""
    text = _text(error)
    if isinstance(error, _SILENT) or "timed out" in text:
        return f"ClickHouse at {where} does not answer"
    if "refused" in text:
        return f"nothing listens at {where}, where ClickHouse should be"
    if "SSL" in text or "certificate" in text.lower():
        return f"no TLS with {where}, see clickhouse_tls ({text})"
    if isinstance(error, _NO_CLICKHOUSE):
        return f"{where} does not speak ClickHouse's native protocol: TLS and clickhouse_tls is false, or another port ({text})"
    return f"the connection to ClickHouse at {where} broke ({text})"


def _text(error: Exception) -> str:
    return " ".join(str(error).split("Stack trace", maxsplit=1)[0].split()) or type(error).__name__
