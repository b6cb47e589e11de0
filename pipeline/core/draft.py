"""A draft: one record on its way through the steps, and the terms that they apply."""

from operator import attrgetter
from typing import Any, Final

import msgspec

from pipeline.core.catalogue import Catalogue
from pipeline.core.envelope import EnvelopeReader, Headers
from pipeline.core.identifiers import SHORTHANDS, Blocked
from pipeline.core.interaction import Reason, Rejection
from pipeline.core.pseudonym import Pseudonym

_FIELDS: Final = tuple(SHORTHANDS)
_values: Final = attrgetter(*_FIELDS)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds that settings may change; None lets everything pass. Spans in milliseconds."""

    max_bytes: int | None = 1024 * 1024
    """Longest record, before it is parsed."""
    future: int | None = 5 * 60 * 1000
    """How far ahead of the broker's clock a corrected time may be."""
    horizon: int | None = 90 * 24 * 60 * 60 * 1000
    """How far behind it."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps apply: compiled once, never changed."""

    rules: Rules
    reader: EnvelopeReader
    catalogue: Catalogue
    blocked: Blocked
    pseudonym: Pseudonym


class Draft(msgspec.Struct, gc=False):
    """What is known of a record so far. Lives for one call; the steps fill it in their order."""

    value: bytes
    headers: Headers
    received: int
    envelope: Any = None
    """An Envelope, once it is decoded."""
    schema: Any = None
    """A Schema, once the type is known."""
    schema_name: str = ""
    sent_time: int = 0
    time: int = 0
    context: dict[str, Any] = {}
    context_json: str = ""
    data: Any = None
    data_json: str = ""
    pair: dict[str, str] = {}
    """Field of data → the identifier that it names, not yet hashed."""
    identifiers: list[str] = []
    consent: tuple[str, ...] | None = None
    hash: int = 0
    interaction: Any = None

    def given(self) -> dict[str, Any]:
        """Give the shorthands and correlation ids of the envelope that are there, strongest first."""
        values = _values(self.envelope)
        return {field: value for field, value in zip(_FIELDS, values, strict=True) if value is not None}

    def refused(self, reason: Reason, path: str, detail: str) -> Rejection:
        """Give a rejection that names this record."""
        return Rejection(reason, path, detail, self.envelope.source, self.envelope.type, self.envelope.id)
