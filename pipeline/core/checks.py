"""Checks: the steps that may refuse a record, from its bytes to a sound draft.

What comes in: a draft. What goes out: None and a fuller draft, or a Rejection. drop_ only refuses, decode_ and
validate_ check, put_ adds what it found.
"""

from typing import Final

from msgspec import ValidationError, convert

from pipeline.core.canonical import NumberTooLargeError, text_of
from pipeline.core.draft import Draft, Terms
from pipeline.core.envelope import shorthands
from pipeline.core.identifiers import InvalidIdentifierError
from pipeline.core.interaction import Rejection
from pipeline.core.moment import moment
from pipeline.core.requirement import explained, fault_beside, pair_in

CONSENT_FREE: Final = frozenset({"consent", "privacy", "identity", "source health"})
"""Areas whose interactions are accepted whatever was consented to."""
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
    """Add context and data with their canonical text: unreadable where a number is beyond 64 bits."""
    draft.context, data = draft.envelope.context, draft.envelope.data
    draft.data = {} if data is None else data
    try:
        draft.context_json = text_of(draft.context) if draft.context else ""
        draft.data_json = text_of(data) if data else "{}"
    except NumberTooLargeError:
        return draft.refused("unreadable", "$", "A number in the record is beyond 64 bits.")
    return None


def put_schema(terms: Terms, draft: Draft) -> Rejection | None:
    """Add the schema in force: unknown_type, unknown_schema."""
    envelope, catalogue = draft.envelope, terms.catalogue
    name = envelope.dataschema if envelope.schema is None else envelope.schema
    found = catalogue.in_force(envelope.type, name)
    if found is None:
        kind = envelope.type if envelope.type in catalogue.newest else envelope.type.rpartition(".")[2]
        if kind not in catalogue.newest:
            return draft.refused("unknown_type", "$.type", catalogue.unknown_type(kind))
        known = catalogue.models_of(kind)
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
    schema = draft.schema
    fault = None
    try:
        if schema.dec_hook is None:
            convert(draft.data, schema.shape)  # a keyword doubles its price
        else:
            convert(draft.data, schema.shape, dec_hook=schema.dec_hook)
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
    if "analytics" not in consent and draft.schema.area not in CONSENT_FREE:
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
