"""A stretch of time as a person writes it: 90s, 5m, 6h, 2d."""

import re
from typing import Final, NewType

Seconds = NewType("Seconds", int)

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class DurationError(Exception):
    """A text that is no stretch of time."""

    exit_code = 2


def parse(text: str) -> Seconds:
    """Give the seconds of 90s, 5m, 6h or 2d. Raises DurationError."""
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text.strip())
    if found is None:
        raise DurationError(
            f"{text} is no stretch of time: allowed is a number with s, m, h or d, such as 90s or 6h"
        )
    return Seconds(int(found[1]) * _UNITS[found[2]])


def shown(seconds: int) -> str:
    """Give seconds as a person would write them, in the largest unit that divides them."""
    unit = max((name for name, size in _UNITS.items() if seconds % size == 0), key=_UNITS.__getitem__)
    return f"{seconds // _UNITS[unit]}{unit}"
