"""A draft: one record on its way through the steps, and the terms that they apply."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from pipeline.core.catalogue import Catalogue
from pipeline.core.envelope import Envelope, EnvelopeReader, Headers
from pipeline.core.identifiers import Identifiers
from pipeline.core.interaction import Interaction, Reason, Rejection
from pipeline.core.pseudonym import Pseudonym
from pipeline.core.schema import Schema


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
    identifiers: Identifiers
    pseudonym: Pseudonym


class Draft:
    """What is known of a record so far. Lives for one call; the steps fill it in their order."""

    # Not a Struct: what the steps set, a plain object takes in a quarter of the time.

    envelope: Envelope
    """There once it is decoded."""
    context: dict[str, Any]
    context_json: str
    data: Any
    """An object, unless it is about to be refused."""
    data_json: str
    schema: Schema
    """There once the type is known."""
    schema_name: str
    sent_time: int
    time: int
    pair: Mapping[str, str] = MappingProxyType({})
    """Field of data → the identifier that it names, not yet hashed."""
    identifiers: tuple[str, ...]
    consent: tuple[str, ...] | None = None
    hash: int
    interaction: Interaction
    """There at the end."""

    def __init__(self, value: bytes, headers: Headers, received: int) -> None:
        self.value = value
        self.headers = headers
        self.received = received

    def refused(self, reason: Reason, path: str, detail: str) -> Rejection:
        """Give a rejection that names this record."""
        return Rejection(reason, path, detail, self.envelope.source, self.envelope.type, self.envelope.id)
