"""The schema of the envelope, compiled: the shapes to decode into, and what explains a refusal.

What comes in: schemas/envelope. What goes out: a strict shape, which accepts what is right in every member, one
that leaves context and data as text, one like it for a CloudEvent, and a loose one for records whose fault
belongs to a later step (x-reason in the schema).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from pipeline.core.explain import Fault, faults_of
from pipeline.core.identifiers import SHORTHANDS, is_plain
from pipeline.core.interaction import Reason, Rejection
from pipeline.core.schema import Schema, closed_shape, decoder_of, resolver, validator_for
from pipeline.core.typed import Document, SchemaError, defined, struct_of, type_of

_OWN: Final[tuple[Reason, ...]] = ("missing_field", "invalid_field")
"""Reasons that reading an envelope gives, the first first."""
_WITHOUT: Final = frozenset({"pattern", "format", "minimum", "exclusiveMaximum"})
"""Keywords that steps check, for less than a type would cost."""
_TEXTS: Final = frozenset({"context", "data"})
"""Members that the usual shapes leave as JSON text."""


class Named(NamedTuple):
    """How a rejection names its record, as far as that is known and sound."""

    source: str
    type: str
    id: str


class EnvelopeSchema:
    """What schemas/envelope says."""

    __slots__ = (
        "_closed_context",
        "_document",
        "_reasons",
        "_validator",
        "context",
        "decode_context",
        "event",
        "flat",
        "loose",
        "strict",
    )

    def __init__(self, document: Document, definitions: Document) -> None:
        """Compile. Raises SchemaError."""
        properties = document["properties"]
        missing = SHORTHANDS.keys() - properties.keys()
        if missing:
            raise SchemaError(f"the envelope does not describe {sorted(missing)}")
        self._document = document
        self._reasons: Mapping[str, Reason] = {
            name: child.get("x-reason", "invalid_field") for name, child in properties.items()
        }
        self._validator = validator_for(document, definitions)
        self.strict = _shape(document, definitions, strict=True)
        self.flat = _shape(document, definitions, strict=True, texts=_TEXTS)
        self.event = _event(self.flat)
        self.loose = _shape(document, definitions, strict=False)
        context = {**properties["context"], "type": "object"}
        self.context = struct_of(context, resolver(definitions))
        self._closed_context = closed_shape(context, resolver(definitions))
        self.decode_context = decoder_of(self._closed_context)

    def records_of(self, schemas: Iterable[Schema]) -> dict[type[msgspec.Struct], Schema]:
        """Give the shapes of whole flat records by type, with closed context and data."""
        kinds: dict[str, Any] = {"context": self._closed_context and self._closed_context | None}
        fields = [
            (field.name, kinds.get(field.name, field.type), *([] if field.required else [None]))
            for field in msgspec.structs.fields(self.flat)
            if field.name not in {"type", "data"}
        ]
        at = len(fields) - len(SHORTHANDS)
        return {
            msgspec.defstruct(
                "Record",
                [*fields[:at], ("data", schema.closed), *fields[at:]],
                kw_only=True,
                gc=False,
                tag_field="type",
                tag=schema.type,
            ): schema
            for schema in schemas
            if schema.closed and not schema.pair
        }

    def fault_in(self, members: Mapping[str, Any]) -> Rejection | None:
        """Say why members are no envelope: missing_field, else invalid_field, else None."""
        given = {name: value for name, value in members.items() if value is not None}
        found = [(self._reason_of(fault), fault) for fault in self._faults(given)]
        for own in _OWN:
            for reason, fault in found:
                if reason == own:
                    return Rejection(reason, fault.path, fault.detail, *named(given))
        return None

    def _faults(self, members: Mapping[str, Any]) -> list[Fault]:
        """Give all faults; members that are checked by later steps, or by none, only count as present."""
        seen = {
            name: value if self._reasons.get(name) == "invalid_field" else None
            for name, value in members.items()
        }
        return list(faults_of(seen, self._validator, [self._document]))

    def _reason_of(self, fault: Fault) -> Reason:
        if fault.missing and not fault.nested:
            return "missing_field"
        return self._reasons.get(fault.member, "invalid_field")


def named(members: Mapping[str, Any]) -> Named:
    """Give what of the members can name a rejection."""

    def sound(name: str, most: int) -> str:
        value = members.get(name)
        return value if isinstance(value, str) and len(value) <= most and is_plain(value) else ""

    return Named(sound("source", 64), sound("type", 256), sound("id", 128))


def _shape(
    document: Document, definitions: Document, *, strict: bool, texts: frozenset[str] = frozenset()
) -> type[msgspec.Struct]:
    """Give the Struct of the envelope, the shorthands last and strongest first."""
    properties: Mapping[str, Document] = document["properties"]
    names = [*document["required"], *(name for name in properties if name not in document["required"])]
    fields: list[Any] = []
    for name in [*(name for name in names if name not in SHORTHANDS), *SHORTHANDS]:
        child = properties[name]
        plain = {key: value for key, value in child.items() if key not in _WITHOUT}
        kind: Any = type_of(plain, resolver(definitions))
        if name in {"context", "identifiers"}:
            # Both are wanted as they came; the context has a shape of its own, the list a step.
            kind = dict[str, Any] | None if name == "context" else Any
        if name in texts:
            kind = msgspec.Raw
        if not strict and "x-reason" in child:
            kind = Any
        fields.append((name, kind) if name in document["required"] else (name, kind, None))
    return defined(fields, kw_only=False)


def _event(flat: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Give the shape of the usual CloudEvent: names without underscores, dataschema first, and nothing else."""
    names = {"schema": "dataschema", "dataschema": "schema"}
    fields: list[Any] = [("specversion", Literal["1.0"])]
    optional: list[Any] = [
        ("datacontenttype", Literal["application/json"] | None, None),
        ("subject", Any, None),
    ]
    for field in msgspec.structs.fields(flat):
        names.setdefault(field.name, field.name.replace("_", ""))
        if field.required:
            fields.append((field.name, field.type))
        else:
            optional.append((field.name, field.type, None))
    return msgspec.defstruct(
        "Event", [*fields, *optional], rename=names, forbid_unknown_fields=True, gc=False
    )
