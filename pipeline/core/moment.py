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

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = re.compile(r"[Tt ]([01][0-9]|2[0-3]):([0-5][0-9]):")
_REST: Final = re.compile(
    r"(?P<seconds>[0-5][0-9]|60)(\.(?P<fraction>[0-9]+))?"
    r"([Zz]|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
_LONGEST: Final = 64
"""Characters: what is remembered must stay small."""
_TO_THE_DAY: Final = len("2026-03-01")
_TO_THE_MINUTE: Final = len("2026-03-01T10:00:")
_USUAL: Final = len("2026-03-01T10:00:07.123Z")


def moment(value: Any) -> int | None:
    """Give milliseconds since 1970-01-01 UTC; None for what is no moment between 1970 and 2149."""
    if type(value) is str:
        if len(value) > _LONGEST:
            return None
        try:
            # Records of one stream share their days, and a day has 1,440 minutes: both are remembered.
            at = _day(value[:_TO_THE_DAY]) + _clock(value[_TO_THE_DAY:_TO_THE_MINUTE]) + _end(value)
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
def _day(text: str) -> int:
    if not _DAY.fullmatch(text):
        raise ValueError("is no date")
    return int(datetime.fromisoformat(f"{text}T00:00+00:00").timestamp()) * 1000


@lru_cache(maxsize=4096)
def _clock(text: str) -> int:
    matched = _CLOCK.fullmatch(text)
    if not matched:
        raise ValueError("is no T and a time")
    return (int(matched[1]) * 60 + int(matched[2])) * 60_000


def _end(text: str) -> int:
    """Give the milliseconds from the minute on, less the offset from UTC."""
    if len(text) == _USUAL and text[-5] == "." and text[-1] == "Z":
        digits = text[-7:-5] + text[-4:-1]
        if digits.isascii() and digits.isdigit() and digits < "61":
            return int(digits)
    return _rest(text[_TO_THE_MINUTE:])


@lru_cache(maxsize=4096)
def _rest(text: str) -> int:
    matched = _REST.fullmatch(text)
    if not matched:
        raise ValueError("is not seconds and an offset")
    fraction = (matched["fraction"] or "")[:3].ljust(3, "0")
    since = int(matched["seconds"]) * 1000 + int(fraction)
    if not matched["sign"]:
        return since
    offset = (int(matched["hours"]) * 60 + int(matched["minutes"])) * 60_000
    return since - offset if matched["sign"] == "+" else since + offset
