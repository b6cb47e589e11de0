"""Admission: the steps from a record's bytes to an interaction. Open this file first.

What comes in: the bytes of one record, its headers, and when the broker received it. What goes out: an
Interaction, or a Rejection with the first reason that applies: one or the other, never an exception. A step
named drop_, decode_ or validate_ may refuse, put_ adds.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from msgspec import ValidationError, convert

from pipeline.core.canonical import NumberTooLargeError, text_of
from pipeline.core.draft import Draft, Terms
from pipeline.core.envelope import shorthands
from pipeline.core.identifiers import InvalidIdentifierError, hashed
from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.moment import moment
from pipeline.core.normalised import normalised_text
from pipeline.core.pseudonym import names_personal, redacted
from pipeline.core.requirement import explained, fault_beside, is_passive, pair_in

Step = Callable[[Terms, Draft], Rejection | None]

_CONSENT_FREE: Final = frozenset({"consent", "privacy", "identity", "source health"})
_MOMENT: Final = "must be RFC 3339 with an offset, or milliseconds since 1970-01-01 UTC, from 1970 to 2149."


def drop_too_large(terms: Terms, draft: Draft) -> Rejection | None:
    """Refuse what would cost too much to parse."""
    most = terms.rules.max_bytes
    if most is not None and len(draft.value) > most:
        return Rejection("too_large", "$", f"The record must have at most {most} bytes.")
    return None


def decode_envelope(terms: Terms, draft: Draft) -> Rejection | None:
    """Read flat JSON or a CloudEvent: unreadable, missing_field, invalid_field."""
    read = terms.reader.read(draft.value, draft.headers)
    if type(read) is Rejection:
        return read
    draft.envelope = read
    return None


def put_json(_: Terms, draft: Draft) -> Rejection | None:
    """Add the canonical text of context and data: unreadable where a number is beyond 64 bits."""
    context, data = draft.envelope.context, draft.envelope.data
    try:
        if context:
            draft.context, draft.context_json = context, text_of(context)
        draft.data_json = text_of(data) if data else "{}"
    except NumberTooLargeError:
        return draft.refused("unreadable", "$", "A number in the record is beyond 64 bits.")
    return None


def put_schema(terms: Terms, draft: Draft) -> Rejection | None:
    """Add the schema in force: unknown_type, unknown_schema."""
    envelope = draft.envelope
    kind = envelope.type
    schema = terms.catalogue.newest.get(kind)
    if schema is None:
        kind = kind.rpartition(".")[2]
        schema = terms.catalogue.newest.get(kind)
    if schema is None:
        return draft.refused("unknown_type", "$.type", terms.catalogue.unknown_type(kind))
    name = envelope.dataschema if envelope.schema is None else envelope.schema
    if name is None or name == schema.name:
        draft.schema, draft.schema_name = schema, schema.name
        return None
    found = terms.catalogue.find(kind, name)
    if found is None:
        known = terms.catalogue.models_of(kind)
        return draft.refused(
            "unknown_schema",
            "$.schema",
            f"schema must be {kind}/<MODEL-REVISION-ADDITION>, with MODEL {known}.",
        )
    draft.schema, draft.schema_name = found
    return None


def put_times(_: Terms, draft: Draft) -> Rejection | None:
    """Add when it happened, as sent and corrected for the sender's clock: bad_time."""
    envelope = draft.envelope
    sent_time = moment(envelope.time)
    if sent_time is None:
        return draft.refused("bad_time", "$.time", f"time {_MOMENT}")
    draft.sent_time = draft.time = sent_time
    if envelope.sent_at is None:
        return None
    sent_at = moment(envelope.sent_at)
    if sent_at is None:
        return draft.refused("bad_time", "$.sent_at", f"sent_at {_MOMENT}")
    draft.time = min(sent_time + draft.received - sent_at, draft.received)
    return None


def validate_data(terms: Terms, draft: Draft) -> Rejection | None:
    """Check data against the schema in force: invalid_data."""
    data, schema = draft.envelope.data, draft.schema
    draft.data = data = {} if data is None else data
    fault = None
    try:
        convert(data, schema.shape, dec_hook=schema.dec_hook)
    except ValidationError:
        fault = explained(draft, terms)
    else:
        if schema.asks_more:
            fault = fault_beside(draft, terms)
    return fault and draft.refused("invalid_data", fault.path, fault.detail)


def put_identifiers(terms: Terms, draft: Draft) -> Rejection | None:
    """Add the identifiers, normalised and strongest first: invalid_identifiers, no_identifier."""
    envelope = draft.envelope
    try:
        found = terms.identifiers.collect(shorthands(envelope), envelope.identifiers, draft.data)
    except InvalidIdentifierError as error:
        return draft.refused("invalid_identifiers", error.path, f"{error.path.removeprefix('$.')} {error}.")
    if draft.schema.pair:
        found = pair_in(draft)
    if not found and draft.schema.area != "source health":
        return draft.refused(
            "no_identifier", "$", "At least one identifier or correlation id must point at somebody."
        )
    draft.identifiers = found
    return None


def drop_without_consent(_: Terms, draft: Draft) -> Rejection | None:
    """Refuse what the customer did not agree to have analysed."""
    consent = draft.envelope.consent
    if consent is None:
        return None
    if "analytics" not in consent and draft.schema.area not in _CONSENT_FREE:
        return draft.refused("no_consent", "$.consent", "consent is given without analytics.")
    draft.consent = tuple(sorted(set(consent)))
    return None


def drop_future(terms: Terms, draft: Draft) -> Rejection | None:
    """Refuse what a clock far ahead of the broker's wrote."""
    most = terms.rules.future
    if most is not None and draft.time > draft.received + most:
        return draft.refused(
            "future", "$.time", f"time must be at most {most // 1000} seconds after the broker's clock."
        )
    return None


def drop_too_old(terms: Terms, draft: Draft) -> Rejection | None:
    """Refuse what is older than the horizon."""
    most = terms.rules.horizon
    if draft.time < 0 or (most is not None and draft.time < draft.received - most):
        return draft.refused("too_old", "$.time", "time is older than the horizon.")
    return None


def put_pseudonyms(terms: Terms, draft: Draft) -> Rejection | None:
    """Hash personal identifiers, also in data and context. From here on nothing names a person."""
    envelope = draft.envelope
    if draft.pair or envelope.email or envelope.phone or envelope.identifiers:
        draft.identifiers = tuple([hashed(each, terms.pseudonym) for each in draft.identifiers])
    if draft.pair:
        pair = {field: hashed(text, terms.pseudonym) for field, text in draft.pair.items()}
        draft.data = {**draft.data, **pair}
        draft.data_json = text_of(draft.data)
    if names_personal(draft.data_json + draft.context_json):
        draft.data = redacted(draft.data, terms.pseudonym, terms.identifiers)
        draft.data_json = text_of(draft.data)
        draft.context = redacted(draft.context, terms.pseudonym, terms.identifiers)
        draft.context_json = text_of(draft.context) if draft.context else ""
    return None


def put_hash(_: Terms, draft: Draft) -> Rejection | None:
    """Add the hash of the normalised record, by which copies are told apart."""
    draft.hash = int.from_bytes(sha256(normalised_text(draft)).digest()[:8], "big")
    return None


def put_interaction(_: Terms, draft: Draft) -> Rejection | None:
    """Add what all this was for."""
    envelope, schema = draft.envelope, draft.schema
    draft.interaction = Interaction(
        id=envelope.id,
        source=envelope.source,
        type=schema.type,
        schema=draft.schema_name,
        area=schema.area,
        passive=schema.passive
        or envelope.channel == "system"
        or (schema.may_be_passive and is_passive(draft)),
        channel=envelope.channel,
        sent_time=draft.sent_time,
        time=draft.time,
        received=draft.received,
        identifiers=draft.identifiers,
        consent=draft.consent,
        context=draft.context,
        data=draft.data,
        context_json=draft.context_json,
        data_json=draft.data_json,
        hash=draft.hash,
    )
    return None


STEPS: Final[tuple[Step, ...]] = (
    drop_too_large,
    decode_envelope,
    put_json,
    put_schema,
    put_times,
    validate_data,
    put_identifiers,
    drop_without_consent,
    drop_future,
    drop_too_old,
    put_pseudonyms,
    put_hash,
    put_interaction,
)
"""In the order in which the reasons are tried; the first refusal ends the way."""


def run(terms: Terms, draft: Draft) -> Interaction | Rejection:
    """Take one record through all steps."""
    for step in STEPS:
        refused = step(terms, draft)
        if refused is not None:
            return refused
    return draft.interaction
