"""Types from JSON Schemas: the fast path of validation.

What comes in: the subset of JSON Schema 2020-12 that the schema files use. What goes out: a type for
msgspec.convert that accepts the same values. Anything outside the subset raises SchemaError at start, so a
schema can never mean less here than it says.
"""

import re
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Annotated, Any, Final, Literal, Union

import msgspec

from pipeline.core.moment import moment

Document = Mapping[str, Any]
Resolve = Callable[[str], Document]

_NOTES: Final = {"$schema", "title", "description", "format", "$defs"}
_KNOWN: Final = {
    *("type", "properties", "required", "items", "enum", "anyOf", "$ref"),
    *("minimum", "maximum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"),
}
_PLAIN: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
    "object": dict[str, Any],
    "array": list[Any],
}
_BOUNDS: Final = {
    "integer": {"minimum": "ge", "maximum": "le", "exclusiveMaximum": "lt"},
    "number": {"minimum": "ge", "maximum": "le", "exclusiveMaximum": "lt"},
    "string": {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
    "array": {"minItems": "min_length", "maxItems": "max_length"},
}


class SchemaError(ValueError):
    """A schema file says something that the pipeline cannot check."""


class Moment(int):
    """Stands for the format "moment" in types; holds milliseconds since 1970-01-01 UTC."""


def convert_moment(_: type, value: Any) -> Moment:
    """Convert what is meant as a Moment; msgspec calls it. Raises ValueError."""
    at = moment(value)
    if at is None:
        raise ValueError("is no moment")
    return Moment(at)


def type_of(schema: Document, resolve: Resolve) -> Any:
    """Give the type that accepts what the schema accepts. Raises SchemaError."""
    unknown = {key for key in schema if not key.startswith("x-")} - _NOTES - _KNOWN
    if unknown:
        raise SchemaError(f"{schema.get('title', 'schema')}: keywords {sorted(unknown)} are not supported")
    if "$ref" in schema:
        return type_of(resolve(schema["$ref"]), resolve)
    if "anyOf" in schema:
        return Union[tuple(type_of(each, resolve) for each in schema["anyOf"])]  # noqa: UP007 - made at run time
    if schema.get("format") == "moment":
        return Moment
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if not names:
        raise SchemaError(f"{schema.get('title', 'schema')}: type is missing")
    return Union[tuple(_one(name, schema, resolve) for name in names)]  # noqa: UP007 - made at run time


def _one(name: str, schema: Document, resolve: Resolve) -> Any:
    if name == "number":
        # msgspec puts bounds on one type at a time; an integer is a number too.
        return Union[_bounded(int, name, schema), _bounded(float, name, schema)]  # noqa: UP007 - made at run time
    if name == "string" and "enum" in schema:
        return Literal[tuple(schema["enum"])]
    if name == "object" and "properties" in schema:
        return struct_of(schema, resolve)
    if name == "array" and "items" in schema:
        return _bounded(list[type_of(schema["items"], resolve)], name, schema)  # type: ignore[misc]
    return _bounded(_PLAIN[name], name, schema)


def _bounded(plain: Any, name: str, schema: Document) -> Any:
    bounds = {ours: schema[theirs] for theirs, ours in _BOUNDS.get(name, {}).items() if theirs in schema}
    if "pattern" in bounds:
        # "$" of Python also matches before a last newline; that of JSON Schema does not.
        bounds["pattern"] = re.sub(r"\$$", r"\\Z", bounds["pattern"])
    return Annotated[plain, msgspec.Meta(**bounds)] if bounds else plain


def struct_of(
    schema: Document, resolve: Resolve, optional: frozenset[str] = frozenset()
) -> type[msgspec.Struct]:
    """Give a Struct with a field per property; those in `optional` may be missing whatever the schema says."""
    required = [name for name in schema.get("required", ()) if name not in optional]
    fields: list[Any] = []
    for name, child in schema.get("properties", {}).items():
        kind: Any = type_of(child, resolve)
        optional_kind: Any = Union[kind, msgspec.UnsetType]  # noqa: UP007 - made at run time
        fields.append((name, kind) if name in required else (name, optional_kind, msgspec.UNSET))
    missing = set(required) - {field[0] for field in fields}
    if missing:
        raise SchemaError(
            f"{schema.get('title', 'schema')}: {sorted(missing)} are required but not described"
        )
    return defined(fields, closed=schema.get("x-closed", False))


def defined(fields: list[Any], *, kw_only: bool = True, closed: bool = False) -> type[msgspec.Struct]:
    """Give a Struct with these fields; names that Python keeps for itself get an underscore.

    A closed one takes no other members.
    """
    ours = [(f"{name}_" if iskeyword(name) else name, *rest) for name, *rest in fields]
    rename = {our[0]: field[0] for our, field in zip(ours, fields, strict=True)}
    shape = msgspec.defstruct(
        "Shape", ours, rename=rename, kw_only=kw_only, gc=False, forbid_unknown_fields=closed
    )
    try:
        # Types are looked at only when first used: better now than at the first record.
        msgspec.json.Decoder(shape)
    except TypeError as error:
        raise SchemaError(f"msgspec cannot check this schema: {error}") from error
    return shape
