"""Envelopes: what is common to all interactions, read from any of the three ways to send one.

What comes in: bytes and headers of a record. What goes out: an Envelope, or the Rejection that says why not.
Flat JSON, CloudEvents structured and CloudEvents binary give the same Envelope. Unknown members are ignored.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from pipeline.core.canonical import BROKEN, MAX_DEPTH, decode, depth_exceeds, number
from pipeline.core.cloudevents import MalformedEventError, Mode, from_binary, from_structured, mode_of
from pipeline.core.context import NOTHING, Context, Contexts
from pipeline.core.envelope_schema import EnvelopeSchema, named
from pipeline.core.identifiers import SHORTHANDS, Shorthands, is_plain
from pipeline.core.interaction import Rejection

Headers = Sequence[tuple[str, bytes]]

_BRACE, _BRACKET, _BACKSLASH, _DELETE = b"{[\\\x7f"
_FIRST_SHORTHAND: Final = -len(SHORTHANDS)


class Envelope(Protocol):
    """The members of schemas/envelope, as decoded; those typed Any are checked by a later step.

    Beside these, one for each of SHORTHANDS, None where it is not given; only the personal ones are listed.
    """

    id: str
    source: str
    type: str
    schema: str | None
    dataschema: str | None
    time: Any
    sent_at: Any
    channel: str
    email: Any
    phone: Any
    identifiers: Any
    context: Context
    consent: list[str] | None
    data: Any


def shorthands(envelope: Any) -> Shorthands:
    """Give the values of the shorthands and correlation ids, strongest first."""
    return msgspec.structs.astuple(envelope)[_FIRST_SHORTHAND:]


class EnvelopeReader:
    """Reads envelopes as their schema describes them."""

    __slots__ = ("_contexts", "_event", "_flat", "_schema")

    def __init__(self, schema: EnvelopeSchema) -> None:
        self._schema = schema
        self._contexts = Contexts(schema.context)
        self._flat = msgspec.json.Decoder(schema.flat, float_hook=number).decode
        self._event = msgspec.json.Decoder(schema.event, float_hook=number).decode

    def read(self, value: bytes, headers: Headers) -> Any:
        """Read one record: an Envelope or a Rejection."""
        mode: Mode = "flat"
        if headers:
            told = mode_of(headers)
            if isinstance(told, Rejection):
                return told
            mode = told
        try:
            if mode == "binary":
                return self._read_binary(value, headers)
            envelope: Any = self._flat(value) if mode == "flat" else _natively(self._event(value))
            context = envelope.context
            envelope.context = NOTHING if context is None else self._contexts.read(context)
        except BROKEN:
            return self._read_loosely(value, headers, mode)
        if _may_be_deep(value) and depth_exceeds(decode(value)):
            return _too_deep()
        if value.isascii() and _BACKSLASH not in value and _DELETE not in value:
            # Then no text in it can hold a control character or a direction mark.
            return envelope
        return _plainly_named(envelope)

    def _read_binary(self, value: bytes, headers: Headers) -> Any:
        """Read what is sound; raise one of BROKEN for all else."""
        if _may_be_deep(value) or max([len(text or b"") for _, text in headers]) >= 2 * MAX_DEPTH:
            raise RecursionError
        members = from_binary(headers, decode(value))
        envelope: Any = msgspec.convert(members, self._schema.strict)
        envelope.context = self._contexts.of(envelope.context)
        return _plainly_named(envelope)

    def _read_loosely(self, value: bytes, headers: Headers, mode: Mode) -> Any:
        """Read what is not plainly sound, and say what is wrong with it."""
        try:
            body = decode(value)
            if mode != "flat":
                body = from_binary(headers, body) if mode == "binary" else from_structured(body)
        except MalformedEventError as error:
            return Rejection(error.reason, error.path, error.detail)
        except BROKEN as error:
            return _unreadable(error)
        if not isinstance(body, dict):
            return Rejection("unreadable", "$", "The record must be one JSON object.")
        return _too_deep() if depth_exceeds(body) else self._envelope_of(body)

    def _envelope_of(self, members: dict[str, Any]) -> Any:
        try:
            envelope: Any = msgspec.convert(members, self._schema.strict)
            envelope.context = self._contexts.of(envelope.context)
        except msgspec.ValidationError:
            fault = self._schema.fault_in(members)
            if fault is not None:
                return fault
            envelope = msgspec.convert(members, self._schema.loose)
            envelope.context = Context(envelope.context or {})
        return _plainly_named(envelope)


def _natively(event: Any) -> Any:
    """Refuse texts that stand for something else, as cloudevents._native knows. Raises ValueError."""
    time, sent_at = event.time, event.sent_at
    if (
        (type(time) is str and time.isdigit())
        or (type(sent_at) is str and sent_at.isdigit())
        or type(event.identifiers) is str
    ):
        raise ValueError
    return event


def _may_be_deep(value: bytes) -> bool:
    """Tell cheaply whether JSON text can be nested so deep that counting its levels is worth it."""
    return len(value) >= 2 * MAX_DEPTH and value.count(_BRACE) + value.count(_BRACKET) >= MAX_DEPTH


def _plainly_named(envelope: Any) -> Any:
    """Refuse control characters and direction marks where they would make two names look alike."""
    if is_plain(f"{envelope.id}{envelope.source}{envelope.type}"):
        return envelope
    name = next(name for name in ("id", "source", "type") if not is_plain(getattr(envelope, name)))
    detail = f"{name} must not contain control characters or direction marks."
    return Rejection("invalid_field", f"$.{name}", detail, *named(msgspec.structs.asdict(envelope)))


def _too_deep() -> Rejection:
    return Rejection("unreadable", "$", f"The record must not be nested deeper than {MAX_DEPTH} levels.")


def _unreadable(error: BaseException) -> Rejection:
    """Say why bytes are no JSON. The texts of msgspec hold a position or names of members, never a value."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return Rejection("unreadable", "$", "The record must be valid UTF-8.")
    if isinstance(error, msgspec.ValidationError):
        return Rejection("unreadable", "$", "A number in the record is beyond 64 bits.")
    problem = str(error).removeprefix("JSON is malformed: ")
    return Rejection("unreadable", "$", f"The record must be JSON: {problem}.")
