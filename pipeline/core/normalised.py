"""The normalised record: what two copies of an interaction must have in common to be the same.

It is the record before clock correction and without what differs from one attempt to send to the next.
"""

from typing import Final

import msgspec

from pipeline.core.draft import Draft

_encode: Final = msgspec.json.Encoder().encode


class Normalised(msgspec.Struct, gc=False):
    """Its members, in the order of their names, as RFC 8785 wants them."""

    channel: str
    consent: tuple[str, ...] | None
    context: msgspec.Raw
    data: msgspec.Raw
    id: str
    identifiers: tuple[str, ...]
    schema: str
    source: str
    time: int
    type: str


def normalised_text(draft: Draft) -> bytes:
    """Give the canonical JSON (RFC 8785) of the normalised record."""
    envelope = draft.envelope
    return _encode(
        Normalised(
            envelope.channel,
            draft.consent,
            msgspec.Raw(draft.context_json or "{}"),
            msgspec.Raw(draft.data_json),
            envelope.id,
            draft.identifiers,
            draft.schema_name,
            envelope.source,
            draft.sent_time,
            draft.schema.type,
        )
    )
