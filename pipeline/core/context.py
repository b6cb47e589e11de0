"""Contexts: what surrounds an interaction, read once for all records that say the same.

What comes in: JSON text of one member. What goes out: its canonical text, or a value that encodes as such: visitors come with few
kinds of devices, from few countries and campaigns.
"""

from functools import lru_cache
from typing import Any, Final

import msgspec

from pipeline.core.canonical import decode, text_of
from pipeline.core.envelope_schema import EnvelopeSchema
from pipeline.core.pseudonym import names_personal

_REMEMBERED: Final = 8_192
_LONGEST: Final = 512
"""Bytes: what is remembered must stay small."""
_PAGE: Final = b'"page"'


class PersonalError(ValueError):
    """A context may hold an email or a phone number."""


class Contexts:
    """Reads contexts; remembers the latest."""

    __slots__ = ("_decode_closed", "_remembered", "_shape")

    def __init__(self, schema: EnvelopeSchema) -> None:
        self._shape = schema.context
        self._decode_closed = schema.decode_context
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._text_of)

    def read(self, raw: Any) -> Any:
        """Read JSON text: give its canonical text, "" for nothing, or a Struct that encodes as it.

        Raises what canonical.BROKEN names, also for what must be hashed.
        """
        text = bytes(raw)
        # A page has an address of its own: to remember it costs more than it saves.
        if len(text) <= _LONGEST and _PAGE not in text:
            return self._remembered(text)
        try:
            return self._decode_closed(text)
        except msgspec.ValidationError:
            return self._text_of(text)

    def of(self, value: Any) -> dict[str, Any]:
        """Check a value that was decoded. Raises ValidationError."""
        if value is None:
            return {}
        if type(value) is not dict:
            raise msgspec.ValidationError("is no object")
        msgspec.convert(value, self._shape)
        return value

    def _text_of(self, text: bytes) -> str:
        value = self.of(decode(text))
        canonical = text_of(value) if value else ""
        if names_personal(canonical):
            raise PersonalError
        return canonical
