"""A draft: one record on its way through the steps, and the terms that they apply."""

from typing import Any, cast

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


class Draft(msgspec.Struct, gc=False):
    """What is known of a record so far. Lives for one call; the steps fill it in their order."""

    value: bytes
    headers: Headers
    received: int
    envelope: Envelope = cast("Envelope", None)
    """There once it is decoded."""
    schema: Schema = cast("Schema", None)
    """There once the type is known."""
    schema_name: str = ""
    sent_time: int = 0
    time: int = 0
    context: dict[str, Any] = {}
    context_json: str = ""
    data: Any = None
    data_json: str = ""
    pair: dict[str, str] = {}
    """Field of data → the identifier that it names, not yet hashed."""
    identifiers: tuple[str, ...] = ()
    consent: tuple[str, ...] | None = None
    hash: int = 0
    interaction: Interaction = cast("Interaction", None)
    """There at the end."""

    def refused(self, reason: Reason, path: str, detail: str) -> Rejection:
        """Give a rejection that names this record."""
        return Rejection(reason, path, detail, self.envelope.source, self.envelope.type, self.envelope.id)
