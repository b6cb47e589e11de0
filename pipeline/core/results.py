"""Results: the steps that make an interaction of a draft that passed all checks.

What comes in: a sound draft. What goes out: the same without personal values, hashed, and as an Interaction.
"""

from hashlib import sha256
from struct import Struct
from typing import Final

from pipeline.core.canonical import text_of
from pipeline.core.draft import Draft, Terms
from pipeline.core.identifiers import all_hashed, hashed
from pipeline.core.interaction import Interaction
from pipeline.core.normalised import normalised_text
from pipeline.core.pseudonym import names_personal, redacted
from pipeline.core.requirement import is_passive

first_64_bits: Final = Struct(">Q").unpack_from


def put_pseudonyms(terms: Terms, draft: Draft) -> None:
    """Hash personal identifiers, also in data and context. From here on nothing names a person."""
    envelope = draft.envelope
    if draft.pair or envelope.email or envelope.phone or envelope.identifiers:
        draft.identifiers = all_hashed(draft.identifiers, terms.pseudonym)
    if draft.pair:
        pair = {field: hashed(text, terms.pseudonym) for field, text in draft.pair.items()}
        draft.data = {**draft.data, **pair}
        draft.data_json = text_of(draft.data)
    if names_personal(draft.context_json) or names_personal(draft.data_json):
        draft.data = redacted(draft.data, terms.pseudonym, terms.identifiers)
        draft.data_json = text_of(draft.data)
        draft.context = redacted(draft.context, terms.pseudonym, terms.identifiers)
        draft.context_json = text_of(draft.context) if draft.context else ""


def put_hash(_: Terms, draft: Draft) -> None:
    """Add the hash of the normalised record, by which copies are told apart."""
    draft.hash = first_64_bits(sha256(normalised_text(draft)).digest())[0]


def put_interaction(_: Terms, draft: Draft) -> None:
    """Add what all this was for."""
    envelope, schema = draft.envelope, draft.schema
    passive = schema.passive or envelope.channel == "system"
    if schema.may_be_passive and not passive:
        passive = is_passive(schema, draft.data, draft.identifiers)
    draft.interaction = Interaction(
        envelope.id,
        envelope.source,
        schema.type,
        draft.schema_name,
        schema.area,
        passive,
        envelope.channel,
        draft.sent_time,
        draft.time,
        draft.received,
        draft.identifiers,
        draft.consent,
        draft.context_json,
        draft.data_json,
        draft.hash,
    )
