"""Closed schemas: what nearly all values of a schema keep to, and whose JSON has one form.

What comes in: a schema. What goes out: one that accepts a part of what that one accepts: no members but those that it
names, whole numbers of at most 64 bits, no personal fields. So what a Struct of it decodes, it encodes as canonical
JSON (RFC 8785) as it is.
"""

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, Final

from pipeline.core.identifiers import PERSONAL
from pipeline.core.typed import Document, Resolve, SchemaError

_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**63 - 1
_BOUNDS: Final = ("minimum", "maximum", "exclusiveMaximum")
_WRITTEN: Final[Document] = {"type": ["string", "integer"], "minimum": _LOWEST, "maximum": _HIGHEST}
"""A moment, as its sender wrote it."""


class OpenError(SchemaError):
    """A schema leaves open what there may be."""


def moments_of(schema: Document, resolve: Resolve) -> tuple[str, ...]:
    """Name the members that are moments."""
    children: Mapping[str, Document] = schema.get("properties", {})
    return tuple(
        name
        for name, child in children.items()
        if (resolve(child["$ref"]) if "$ref" in child else child).get("format") == "moment"
    )


def closed_schema(schema: Document, resolve: Resolve, moments: tuple[str, ...] = ()) -> Document:
    """Give the closed schema; whether `moments` among its members are some is left to others. Raises OpenError."""
    if "$ref" in schema:
        return closed_schema(resolve(schema["$ref"]), resolve)
    if "anyOf" in schema:
        return {"anyOf": [closed_schema(each, resolve) for each in schema["anyOf"]]}
    if schema.get("format") == "moment":
        raise OpenError("a moment has many forms")
    made: dict[str, Any] = dict(schema)
    names = [made["type"]] if isinstance(made["type"], str) else made["type"]
    made["type"] = list(dict.fromkeys("integer" if name == "number" else name for name in names))
    if "integer" in made["type"]:
        _bound(made)
    if "array" in made["type"]:
        made["items"] = closed_schema(_given(made, "items"), resolve)
    if "object" in made["type"]:
        members: Document = _given(made, "properties")
        if not all(_is_usual(name) for name in members):
            raise OpenError("the name of a member needs care")
        made["properties"] = {
            name: _WRITTEN if name in moments else closed_schema(members[name], resolve)
            for name in sorted(members)
        }
        made["x-closed"] = True
    return made


def _bound(made: dict[str, Any]) -> None:
    """Keep whole numbers within 64 bits."""
    if not all(type(made[key]) is int for key in _BOUNDS if key in made):
        raise OpenError("a bound is no whole number")
    made["minimum"] = max(made.get("minimum", _LOWEST), _LOWEST)
    if "exclusiveMaximum" not in made:
        made["maximum"] = min(made.get("maximum", _HIGHEST), _HIGHEST)


def _is_usual(name: str) -> bool:
    """Tell whether a member is no personal one, stays as it is in Python, and sorts by its bytes."""
    return name.isascii() and name not in PERSONAL and not iskeyword(name)


def _given(made: Document, key: str) -> Document:
    if key not in made:
        raise OpenError(f"{key} are left open")
    found: Document = made[key]
    return found
