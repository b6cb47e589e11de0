"""Contexts: what surrounds an interaction, read once for all records that say the same.

What comes in: JSON text of one member. What goes out: a Context, shared: visitors come with few kinds of devices,
from few countries and campaigns. Nobody changes its value.
"""

from functools import lru_cache
from typing import Any, Final

import msgspec

from pipeline.core.canonical import decode, text_of
from pipeline.core.pseudonym import names_personal

_REMEMBERED: Final = 8_192
_LONGEST: Final = 512
"""Bytes: what is remembered must stay small."""
_PAGE: Final = b'"page"'


class Context(msgspec.Struct, gc=False):
    """A value, and what follows from it alone."""

    value: dict[str, Any]
    text: str = ""
    """Canonical text; "" until it is written, and where there is nothing."""
    personal: bool = False
    """Whether a member may be called email or phone; known once it is written."""

    def write(self) -> None:
        """Find the text. Raises NumberTooLargeError."""
        if self.value:
            text = text_of(self.value)
            self.personal = names_personal(text)
            self.text = text


NOTHING: Final = Context({})


class Contexts:
    """Reads contexts; remembers the latest."""

    __slots__ = ("_remembered", "_shape")

    def __init__(self, shape: type[msgspec.Struct]) -> None:
        self._shape = shape
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    def read(self, raw: Any) -> Context:
        """Read JSON text: an object or null. Raises what canonical.BROKEN names."""
        text = bytes(raw)
        # A page has an address of its own: to remember it costs more than it saves.
        if len(text) <= _LONGEST and _PAGE not in text:
            return self._remembered(text)
        return self.of(decode(text))

    def _read(self, text: bytes) -> Context:
        return self.of(decode(text))

    def of(self, value: Any) -> Context:
        """Check a value that was decoded. Raises ValidationError."""
        if value is None:
            return NOTHING
        if type(value) is not dict:
            raise msgspec.ValidationError("is no object")
        if not value:
            return NOTHING
        msgspec.convert(value, self._shape)
        return Context(value)
