"""Moments: RFC 3339 text or epoch milliseconds to milliseconds since 1970-01-01 UTC.

What comes in: what a sender wrote. What goes out: an int, or None where it is no moment. Finer digits are cut.
A leap second is the second after it, as on POSIX clocks.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

LATEST: Final = 5_662_310_399_999
"""The end of 2149-06-05, the last whole day that a ClickHouse Date holds."""

_MINUTE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:")
_REST: Final = re.compile(
    r"(?P<seconds>[0-5][0-9]|60)(\.(?P<fraction>[0-9]+))?"
    r"([Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
_LONGEST: Final = 64
"""Characters: what is remembered must stay small."""
_TO_THE_MINUTE: Final = len("2026-03-01T10:00:")


def moment(value: Any) -> int | None:
    """Give milliseconds since 1970-01-01 UTC; None for what is no moment between 1970 and 2149."""
    if type(value) is str:
        if len(value) > _LONGEST:
            return None
        try:
            # Records of one stream share their minutes, and there are only 60,000 ways to end one in UTC.
            at = _minute(value[:_TO_THE_MINUTE]) + _rest(value[_TO_THE_MINUTE:])
        except ValueError:
            return None
    elif type(value) is int:
        at = value
    elif type(value) is float and value >= 0:
        at = int(value)
    else:
        return None
    return at if 0 <= at <= LATEST else None


def is_moment(value: Any) -> bool:
    """Tell whether it is one; the format "moment" of the schemas."""
    return moment(value) is not None


@lru_cache(maxsize=4096)
def _minute(text: str) -> int:
    if not _MINUTE.fullmatch(text):
        raise ValueError("is not a date, T, and a time")
    return int(datetime.fromisoformat(f"{text}00+00:00").timestamp()) * 1000


@lru_cache(maxsize=65_536)
def _rest(text: str) -> int:
    """Give the milliseconds from the minute on, less the offset from UTC."""
    matched = _REST.fullmatch(text)
    if not matched:
        raise ValueError("is not seconds and an offset")
    fraction = (matched["fraction"] or "")[:3].ljust(3, "0")
    since = int(matched["seconds"]) * 1000 + int(fraction)
    if not matched["sign"]:
        return since
    offset = (int(matched["hours"]) * 60 + int(matched["minutes"])) * 60_000
    return since - offset if matched["sign"] == "+" else since + offset
