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
_REMEMBERED: Final = 4096
_LONGEST: Final = 64
"""Characters: what is remembered must stay small."""
_TO_THE_DAY: Final = len("2026-03-01")
_TO_THE_HOUR: Final = len("2026-03-01T10:")
_TO_THE_MINUTE: Final = len("2026-03-01T10:00:")
_TO_THE_SECOND: Final = len("2026-03-01T10:00:07.")
_WITHIN_HOUR: Final = {f"{m:02}:{s:02}.": (m * 60 + s) * 1000 for m in range(60) for s in range(61)}
_TO_THE_OFFSET: Final = len("2026-03-01T10:00:07.123")
_WITHIN_SECOND: Final = {f"{ms:03}": ms for ms in range(1000)}


def moment(value: Any) -> int | None:
    """Give milliseconds since 1970-01-01 UTC; None for what is no moment between 1970 and 2149."""
    if type(value) is str:
        if len(value) > _LONGEST:
            return None
        try:
            # By tables, where it is written like 2026-03-01T10:00:07.123+01:00.
            at = (
                _HOURS[value[:_TO_THE_HOUR] + value[_TO_THE_OFFSET:]]
                + _WITHIN_HOUR[value[_TO_THE_HOUR:_TO_THE_SECOND]]
                + _WITHIN_SECOND[value[_TO_THE_SECOND:_TO_THE_OFFSET]]
            )
        except (KeyError, ValueError):
            at = _unusual(value)
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


def _unusual(text: str) -> int:
    """Give the milliseconds of any other text; -1 where it is no moment."""
    try:
        return (
            _day(text[:_TO_THE_DAY]) + _clock(text[_TO_THE_DAY:_TO_THE_MINUTE]) + _rest(text[_TO_THE_MINUTE:])
        )
    except ValueError:
        return -1


class _Hours(dict[str, int]):
    """The milliseconds of "2026-03-01T10:+01:00". Records of one stream share their hours."""

    def __missing__(self, text: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        hour, offset = text[:_TO_THE_HOUR], text[_TO_THE_HOUR:]
        at = _day(hour[:_TO_THE_DAY]) + _clock(f"{hour[_TO_THE_DAY:]}00:") + _rest(f"00.000{offset}")
        self[text] = at
        return at


_HOURS: Final = _Hours()


@lru_cache(maxsize=_REMEMBERED)
def _day(text: str) -> int:
    if not _DAY.fullmatch(text):
        raise ValueError("is no date")
    return int(datetime.fromisoformat(f"{text}T00:00+00:00").timestamp()) * 1000


@lru_cache(maxsize=_REMEMBERED)
def _clock(text: str) -> int:
    matched = _CLOCK.fullmatch(text)
    if not matched:
        raise ValueError("is no T and a time")
    return (int(matched[1]) * 60 + int(matched[2])) * 60_000


@lru_cache(maxsize=_REMEMBERED)
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
