"""Envelopes: what is common to all interactions, read from any of the three ways to send one.

What comes in: bytes and headers of a record. What goes out: an Envelope, or the Rejection that says why not.
Flat JSON, CloudEvents structured and CloudEvents binary give the same Envelope. Unknown members are ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

import msgspec

from pipeline.core.canonical import BROKEN, MAX_DEPTH, decode, depth_exceeds, number
from pipeline.core.cloudevents import MalformedEventError, Mode, from_binary, from_structured, mode_of
from pipeline.core.explain import Fault, faults_of
from pipeline.core.identifiers import is_plain
from pipeline.core.interaction import Reason, Rejection
from pipeline.core.schema import resolver, validator_for
from pipeline.core.typed import Document, defined, struct_of, type_of

Headers = Sequence[tuple[str, bytes]]

_AT_ONCE: Final[tuple[Reason, ...]] = ("missing_field", "invalid_field")
"""Reasons that reading an envelope gives, the first first; the others wait for their steps."""


class Envelope(Protocol):
    """The members of schemas/envelope, as decoded; those typed Any are checked by a later step."""

    id: str
    source: str
    type: str
    schema: str | None
    dataschema: str | None
    time: Any
    sent_at: Any
    channel: str
    identifiers: Any
    context: dict[str, Any] | None
    consent: list[str] | None
    data: Any


class EnvelopeReader:
    """Reads envelopes as one schema file describes them."""

    def __init__(self, document: Document, definitions: Document) -> None:
        """Compile the schema. Raises SchemaError."""
        self._document = document
        self._reasons: Mapping[str, Reason] = {
            name: child.get("x-reason", "invalid_field") for name, child in document["properties"].items()
        }
        self._shape = _envelope_shape(document, definitions)
        self._context = struct_of({"type": "object", **_context(document)}, resolver(definitions))
        self._validator = validator_for(document, definitions)
        self._decode = msgspec.json.Decoder(self._shape, float_hook=number).decode

    def read(self, value: bytes, headers: Headers) -> Envelope | Rejection:
        """Read one record."""
        if headers:
            mode = mode_of(headers)
            if isinstance(mode, Rejection):
                return mode
            if mode is not Mode.FLAT:
                return self._read_cloudevent(value, headers, mode)
        try:
            envelope = cast("Envelope", self._decode(value))
        except BROKEN:
            return self._explain_bytes(value)
        if value.count(b"{") + value.count(b"[") > MAX_DEPTH and depth_exceeds(decode(value)):
            return _too_deep()
        return self._checked(envelope) or envelope

    def _checked(self, envelope: Envelope) -> Rejection | None:
        """Refuse what the shape does not say: direction marks in names, and the members of the context."""
        if not (is_plain(envelope.id) and is_plain(envelope.source) and is_plain(envelope.type)):
            return self.explain(_members(envelope))
        if envelope.context:
            try:
                msgspec.convert(envelope.context, self._context)
            except msgspec.ValidationError:
                return self.explain(_members(envelope))
        return None

    def _read_cloudevent(self, value: bytes, headers: Headers, mode: Mode) -> Envelope | Rejection:
        try:
            body = decode(value)
        except BROKEN as error:
            return _unreadable(error)
        try:
            members = from_binary(headers, body) if mode is Mode.BINARY else from_structured(body)
            if depth_exceeds(members):
                return _too_deep()
            envelope = cast("Envelope", msgspec.convert(members, self._shape))
        except MalformedEventError as error:
            return Rejection(error.reason, error.path, error.detail)
        except msgspec.ValidationError:
            return self.explain(members)
        return self._checked(envelope) or envelope

    def _explain_bytes(self, value: bytes) -> Rejection:
        try:
            members = decode(value)
        except BROKEN as error:
            return _unreadable(error)
        if not isinstance(members, dict):
            return Rejection("unreadable", "$", "The record must be one JSON object.")
        if depth_exceeds(members):
            return _too_deep()
        return self.explain(members)

    def explain(self, members: dict[str, Any]) -> Rejection:
        """Say why members are no envelope: the first of missing_field and invalid_field."""
        given = {name: value for name, value in members.items() if value is not None}
        found = [(self._reason_of(fault), fault) for fault in self._faults(given)]
        at_once = [each for each in found if each[0] in _AT_ONCE]
        if not at_once:
            return Rejection(
                "invalid_field", "$", "The envelope does not match schemas/envelope.", *_named(given)
            )
        reason, fault = min(at_once, key=lambda each: _AT_ONCE.index(each[0]))
        return Rejection(reason, fault.path, fault.detail, *_named(given))

    def _faults(self, members: dict[str, Any]) -> list[Fault]:
        checked = {
            name: value for name, value in members.items() if self._reasons.get(name) == "invalid_field"
        }
        others = {name: 0 for name in members if name not in checked}
        return list(faults_of({**others, **checked}, self._validator, [self._document]))

    def _reason_of(self, fault: Fault) -> Reason:
        if fault.missing and fault.path.count(".") == 1:
            return "missing_field"
        return self._reasons.get(fault.member, "invalid_field")


class Named(NamedTuple):
    """How a rejection names its record, as far as that is known and sound."""

    source: str
    type: str
    id: str


def _named(members: Mapping[str, Any]) -> Named:
    def sound(name: str, most: int) -> str:
        value = members.get(name)
        return value if isinstance(value, str) and len(value) <= most and is_plain(value) else ""

    return Named(sound("source", 64), sound("type", 256), sound("id", 128))


def _members(envelope: Envelope) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.structs.asdict(cast("msgspec.Struct", envelope))
    return members


def _context(document: Document) -> Document:
    return {key: value for key, value in document["properties"]["context"].items() if key != "type"}


def _envelope_shape(document: Document, definitions: Document) -> type[msgspec.Struct]:
    """Give the Struct of the envelope: what has a reason of its own is taken as it is, and checked in its turn."""
    fields: list[Any] = []
    for name, child in document["properties"].items():
        kind: Any = type_of(
            {key: value for key, value in child.items() if key != "pattern"}, resolver(definitions)
        )
        if name == "context":
            kind = dict[str, Any] | None
        if name in document["required"] and "x-reason" not in child:
            fields.append((name, kind))
        else:
            fields.append((name, Any if "x-reason" in child else kind, None))
    return defined(fields)


def _too_deep() -> Rejection:
    return Rejection("unreadable", "$", f"The record must not be nested deeper than {MAX_DEPTH} levels.")


def _unreadable(error: BaseException) -> Rejection:
    """Say why bytes are no JSON. The texts of msgspec hold a position or a path of keys, never a value."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return Rejection("unreadable", "$", "The record must be valid UTF-8.")
    if isinstance(error, msgspec.ValidationError):
        return Rejection("unreadable", "$", "A number is beyond 64 bits.")
    return Rejection(
        "unreadable", "$", f"The record must be JSON: {str(error).removeprefix('JSON is malformed: ')}."
    )
