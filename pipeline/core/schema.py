"""The schema of one version of one interaction type, compiled.

What comes in: a schema file, read. What goes out: what the steps ask of it: area, passive, required ids, a type
for the fast path, and a validator that explains what that path refused.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import jsonschema_rs
import msgspec

from pipeline.core.interaction import THINGS
from pipeline.core.moment import is_moment
from pipeline.core.typed import Document, Resolve, SchemaError, convert_moment, struct_of

CORRELATION_FIELDS: Final = tuple(f"{kind}_id" for kind in THINGS)
"""Fields at the top level or in data that hold the id of a thing, strongest first."""

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
        shape=struct_of(plain, resolver(definitions), optional),
        dec_hook=convert_moment if _has_moments(document, definitions) else None,
        asks_more=bool(required_ids or document.get("x-identifiers")),
        may_be_passive=bool(when),
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


def validator_for(document: Document, definitions: Document) -> Any:
    """Give the validator that explains; its own messages never hold a value."""
    registry = jsonschema_rs.Registry([(_DEFINITIONS, dict(definitions))])
    return jsonschema_rs.Draft202012Validator(
        dict(document), registry=registry, formats={"moment": is_moment}, validate_formats=True, mask="…"
    )


def _has_moments(document: Document, definitions: Document) -> bool:
    """Tell whether a moment is anywhere in the schema; moments nested in shared definitions are not looked for."""
    resolve = resolver(definitions)
    children = document.get("properties", {}).values()
    return any(
        (resolve(child["$ref"]) if "$ref" in child else child).get("format") == "moment" for child in children
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
