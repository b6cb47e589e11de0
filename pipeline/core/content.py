"""Contents: context and data of a record, and what was found out about them.

What comes in: JSON text of one member. What goes out: a Content, shared by all records that say the same: visitors
use the same few devices and look at the same products. Nobody changes its value.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from pipeline.core.canonical import decode, text_of

_REMEMBERED: Final = 8_192
_LONGEST: Final = 512
"""Bytes: what is remembered must stay small, and long texts seldom come twice."""


class Content:
    """A value, its canonical text, and what admission found out about it."""

    __slots__ = ("personal", "sound", "text", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.text = "" if value else "{}"
        """ "" until it is written."""
        self.personal = False
        """Whether a member may be called email or phone, at any depth; known once it is written."""
        self.sound: object = None
        """The schema to whose shape it was found to fit."""

    def written(self) -> str:
        """Give the canonical text. Raises NumberTooLargeError."""
        if not self.text:
            text = text_of(self.value)
            self.personal = '"email":' in text or '"phone":' in text
            self.text = text
        return self.text


NOTHING: Final = Content({})

Check = Callable[[Any], object]


class Contents:
    """Reads one kind of content; remembers the latest."""

    __slots__ = ("_check", "_remembered")

    def __init__(self, check: Check | None = None) -> None:
        """Take what raises ValidationError for an object that is not sound."""
        self._check = check
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    def read(self, raw: Any) -> Content:
        """Read JSON text: an object or null. Raises what canonical.BROKEN names."""
        text = bytes(raw)
        return self._remembered(text) if len(text) <= _LONGEST else self._read(text)

    def _read(self, text: bytes) -> Content:
        value = decode(text)
        if value is None:
            return NOTHING
        if type(value) is not dict:
            raise msgspec.ValidationError("is no object")
        if value and self._check is not None:
            self._check(value)
        return Content(value)
