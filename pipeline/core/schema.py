"""The schema of one version of one interaction type, compiled.

What comes in: a schema file, read. What goes out: what the steps ask of it: area, passive, required ids, a type
for the fast path, and a validator that explains what that path refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import jsonschema_rs
import msgspec

from pipeline.core.closed import OpenError, closed_schema, moments_of
from pipeline.core.interaction import THINGS
from pipeline.core.moment import is_moment
from pipeline.core.typed import Document, Resolve, SchemaError, convert_moment, struct_of

CORRELATION_FIELDS: Final = tuple(f"{kind}_id" for kind in THINGS)
"""Fields at the top level or in data that hold the id of a thing, strongest first."""

Shape = type[msgspec.Struct]

_VERSION: Final = re.compile(r"([a-z0-9_]{1,128})/(\d{1,6})-(\d{1,6})-(\d{1,6})")
_DEFINITIONS: Final = "json-schema:///definitions.json"


class Version(NamedTuple):
    """MODEL-REVISION-ADDITION: a new MODEL breaks readers, an ADDITION only adds optional data."""

    model: int
    revision: int
    addition: int


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """All that admission knows of one type in one version."""

    name: str
    """ "<type>/<MODEL-REVISION-ADDITION>"."""
    type: str
    version: Version
    area: str
    passive: bool
    passive_when: Mapping[str, frozenset[str]]
    """Field of data → values that make it passive."""
    passive_kind: str
    """Kind of an identifier that makes it passive, "" for none."""
    pair: tuple[str, ...]
    """Fields of data that name the only identifiers."""
    required_ids: tuple[tuple[str, ...], ...]
    """Correlation ids that must be there, in data or at the top level; of each group one is enough."""
    shape: Any
    """The type that data must convert to."""
    dec_hook: Any
    """Converts moments, None where there are none: msgspec is faster without it."""
    asks_more: bool
    """Whether there is more to check than the shape."""
    may_be_passive: bool
    """Whether what it says can make it passive."""
    closed: Shape | None
    """Takes data that keeps to the closed schema, but for moments; None where there is no such schema."""
    decode_closed: Callable[[Any], Any]
    """Decodes JSON text of such data. Raises ValidationError."""
    moments: tuple[str, ...]
    """Fields of data that are moments."""
    things: tuple[tuple[str, str], ...]
    """Fields of data that hold the id of a thing, and its kind; strongest first."""
    required_kinds: tuple[tuple[str, ...], ...]
    """As required_ids, what the identifiers begin with."""
    asks_nothing: bool
    """Whether no value in closed data needs a look."""
    document: Document
    validator: Any


def parse_name(name: str) -> tuple[str, Version] | None:
    """Split "<type>/<MODEL-REVISION-ADDITION>", also at the end of a URI or after a reverse-DNS prefix."""
    *_, type_part, version = ["", "", *name.split("/")]
    matched = _VERSION.fullmatch(f"{type_part.rpartition('.')[2]}/{version}")
    if not matched:
        return None
    return matched[1], Version(int(matched[2]), int(matched[3]), int(matched[4]))


def compile_schema(name: str, document: Document, definitions: Document) -> Schema:
    """Compile one schema file. Raises SchemaError for what the pipeline cannot check."""
    parsed = parse_name(name)
    if parsed is None or not isinstance(document.get("x-area"), str):
        raise SchemaError(f"{name}: needs a name like <type>/1-0-0 and x-area")
    required_ids = _required_ids(document)
    optional = frozenset(field for group in required_ids for field in group)
    plain = {key: value for key, value in document.items() if key != "anyOf"}
    passive = document.get("x-passive", False)
    when = passive if isinstance(passive, dict) else {}
    resolve = resolver(definitions)
    moments = moments_of(document, resolve)
    shape = struct_of(plain, resolve, optional)
    closed = closed_shape({"properties": {}, **plain}, resolve, optional, moments)
    things = tuple((f"{kind}_id", kind) for kind in THINGS if f"{kind}_id" in document.get("properties", ()))
    return Schema(
        name=name,
        type=parsed[0],
        version=parsed[1],
        area=document["x-area"],
        passive=passive is True,
        passive_when={field: frozenset(values) for field, values in when.items() if field != "carries"},
        passive_kind=when.get("carries", ""),
        pair=tuple(document.get("x-identifiers", ())),
        required_ids=required_ids,
        shape=shape,
        dec_hook=convert_moment if moments else None,
        asks_more=bool(required_ids or document.get("x-identifiers")),
        may_be_passive=bool(when),
        closed=closed,
        decode_closed=decoder_of(closed),
        moments=moments,
        things=things,
        asks_nothing=not (things or moments or required_ids),
        required_kinds=tuple(
            tuple(f"{field.removesuffix('_id')}:" for field in group) for group in required_ids
        ),
        document=document,
        validator=validator_for(document, definitions),
    )


def resolver(definitions: Document) -> Resolve:
    """Give what follows a $ref into the shared definitions."""

    def resolve(ref: str) -> Document:
        name = ref.rpartition("#/$defs/")[2]
        if name not in definitions["$defs"]:
            raise SchemaError(f"$ref {ref} names no shared definition")
        found: Document = definitions["$defs"][name]
        return found

    return resolve


def closed_shape(
    document: Document,
    resolve: Resolve,
    optional: frozenset[str] = frozenset(),
    moments: tuple[str, ...] = (),
) -> Shape | None:
    """Give a Struct of the closed schema: it encodes as canonical JSON. None where the schema leaves too much open."""
    try:
        return struct_of(closed_schema(document, resolve, moments), resolve, optional)
    except OpenError:
        return None


def decoder_of(shape: Shape | None) -> Callable[[Any], Any]:
    """Give what decodes JSON text into the shape; without one it refuses everything."""
    return msgspec.json.Decoder(shape).decode if shape else _refuse


def _refuse(_: Any) -> Any:
    raise msgspec.ValidationError("has no closed schema")


def validator_for(document: Document, definitions: Document) -> Any:
    """Give the validator that explains; its own messages never hold a value."""
    registry = jsonschema_rs.Registry([(_DEFINITIONS, dict(definitions))])
    return jsonschema_rs.Draft202012Validator(
        dict(document), registry=registry, formats={"moment": is_moment}, validate_formats=True, mask="…"
    )


def _required_ids(document: Document) -> tuple[tuple[str, ...], ...]:
    groups = [(field,) for field in document.get("required", ()) if field in CORRELATION_FIELDS]
    alternatives = tuple(field for branch in document.get("anyOf", ()) for field in _sole_required(branch))
    return (*groups, alternatives) if alternatives else tuple(groups)


def _sole_required(branch: Document) -> Iterable[str]:
    fields: list[str] = branch.get("required", [])
    if set(branch) != {"required"} or len(fields) != 1 or fields[0] not in CORRELATION_FIELDS:
        raise SchemaError("anyOf of a whole schema is only for one of several correlation ids")
    return fields
