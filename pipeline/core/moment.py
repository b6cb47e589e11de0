"""Moments: RFC 3339 text or epoch milliseconds to milliseconds since 1970-01-01 UTC.

What comes in: what a sender wrote. What goes out: an int, or None where it is no moment. Finer digits are cut.
"""

from datetime import datetime
from typing import Any, Final

LATEST: Final = 5_662_310_399_999
"""The end of 2149-06-05, the last whole day that a ClickHouse Date holds."""

_SHORTEST: Final = len("2026-03-01T10:00:00Z")
_SECONDS: Final = slice(17, 19)


def moment(value: Any) -> int | None:
    """Give milliseconds since 1970-01-01 UTC; None for what is no moment between 1970 and 2149."""
    if type(value) is str:
        at = _parsed(value)
    elif type(value) is int:
        at = value
    elif type(value) is float:
        at = int(value)
    else:
        return None
    return at if at is not None and 0 <= at <= LATEST else None


def is_moment(value: Any) -> bool:
    """Tell whether it is one; the format "moment" of the schemas."""
    return moment(value) is not None


def _parsed(text: str) -> int | None:
    # fromisoformat also reads basic and week dates, commas and times without seconds: the shape is checked first.
    if len(text) < _SHORTEST or not text.isascii() or "," in text:
        return None
    if not (text[4] == text[7] == "-" and text[13] == text[16] == ":" and text[10] in "Tt "):
        return None
    if text[-1] != "Z":
        if text[-1] == "z":
            return _parsed(f"{text[:-1]}Z")
        if text[-3] != ":" or text[-6] not in "+-":
            return None
    if text[19] == "." and not text[20].isdigit():
        return None
    return _epoch_ms(text)


def _epoch_ms(text: str) -> int | None:
    leap = 0
    if text[_SECONDS] == "60":
        # A leap second is read as the second after, as POSIX clocks show it.
        text, leap = f"{text[:17]}59{text[19:]}", 1000
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return int(at.timestamp()) * 1000 + at.microsecond // 1000 + leap
