"""Envelopes: what is common to all interactions, read from any of the three ways to send one.

What comes in: bytes and headers of a record. What goes out: an Envelope, or the Rejection that says why not.
Flat JSON, CloudEvents structured and CloudEvents binary give the same Envelope. Unknown members are ignored.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from pipeline.core.canonical import BROKEN, MAX_DEPTH, decode, depth_exceeds, number
from pipeline.core.cloudevents import MalformedEventError, Mode, from_binary, from_structured, mode_of
from pipeline.core.context import Contexts
from pipeline.core.envelope_schema import EnvelopeSchema, named
from pipeline.core.identifiers import SHORTHANDS, Shorthands, is_plain
from pipeline.core.interaction import Rejection

Headers = Sequence[tuple[str, bytes]]

_BRACE, _BRACKET = b"{["
DEEP: Final = 2 * MAX_DEPTH
"""Bytes: shorter records cannot be nested too deep."""
FIRST_SHORTHAND: Final = -len(SHORTHANDS)
_encode: Final = msgspec.json.Encoder().encode
_object: Final = msgspec.json.Decoder(dict[str, Any] | None, float_hook=number).decode


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
    context: dict[str, Any]
    consent: list[str] | None
    data: Any


def shorthands(envelope: Any) -> Shorthands:
    """Give the values of the shorthands and correlation ids, strongest first."""
    return msgspec.structs.astuple(envelope)[FIRST_SHORTHAND:]


class EnvelopeReader:
    """Reads envelopes as their schema describes them."""

    __slots__ = ("_event", "_flat", "contexts", "schema")

    def __init__(self, schema: EnvelopeSchema) -> None:
        self.schema = schema
        self.contexts = Contexts(schema)
        self._flat = msgspec.json.Decoder(schema.flat, float_hook=number).decode
        self._event = msgspec.json.Decoder(schema.event, float_hook=number).decode

    def read_usual(self, value: bytes, headers: Headers) -> Any:
        """Read a sound envelope in a usual form, with context and data as JSON text.

        Whether its names are plain is left to others. Raises what BROKEN names for all else.
        """
        if may_be_deep(value):
            raise RecursionError
        mode = mode_of(headers) if headers else "flat"
        if mode == "flat":
            return self._flat(value)
        if mode == "structured":
            return _natively(self._event(value))
        if mode == "binary":
            return self._read_binary(value, headers)
        raise ValueError

    def _read_binary(self, value: bytes, headers: Headers) -> Any:
        if max([len(text or b"") for _, text in headers]) >= DEEP:
            raise RecursionError
        envelope: Any = msgspec.convert(from_binary(headers, None), self.schema.strict)
        if envelope.context is not None:
            envelope.context = _encode(envelope.context)
        envelope.data = value
        return envelope

    def read(self, value: bytes, headers: Headers) -> Any:
        """Read one record: an Envelope or a Rejection."""
        mode = mode_of(headers) if headers else "flat"
        if isinstance(mode, Rejection):
            return mode
        if mode == "binary":
            return self._read_loosely(value, headers, mode)
        try:
            envelope = self.read_usual(value, headers)
            envelope.context = self.contexts.of(_object(envelope.context or b"null"))
            envelope.data = _object(envelope.data or b"null")
        except BROKEN:
            return self._read_loosely(value, headers, mode)
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
            envelope: Any = msgspec.convert(members, self.schema.strict)
            envelope.context = self.contexts.of(envelope.context)
        except msgspec.ValidationError:
            fault = self.schema.fault_in(members)
            if fault is not None:
                return fault
            envelope = msgspec.convert(members, self.schema.loose)
            envelope.context = envelope.context or {}
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


def may_be_deep(value: bytes) -> bool:
    """Tell cheaply whether JSON text can be nested so deep that counting its levels is worth it."""
    return len(value) >= DEEP and value.count(_BRACE) + value.count(_BRACKET) >= MAX_DEPTH


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
