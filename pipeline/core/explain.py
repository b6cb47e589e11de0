"""Explanations: what jsonschema-rs found, as one sentence that names the key and what is allowed.

What comes in: a value that the fast path refused, and its validator. What goes out: the JSON path and the
sentence. Neither ever holds a value of the record.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipeline.core.typed import Document

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_LISTED: Final = 20
_TYPES: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


class Fault(NamedTuple):
    """One thing that is wrong with a value."""

    path: str
    """JSON path below the given root, such as "$.data.rating"."""
    detail: str
    member: str
    """The first member of the path, "" for the value itself."""
    missing: bool
    nested: bool = False
    """Whether the path has more than that member."""


def faults_of(value: Any, validator: Any, documents: Sequence[Document], root: str = "$") -> Iterator[Fault]:
    """Give all that the validator finds. `documents` are the schema and what its $refs may point into."""
    for error in validator.iter_errors(value):
        parts: list[str | int] = list(error.instance_path)
        missing = error.kind.name == "required"
        if missing:
            parts.append(error.kind.as_dict()["property"])
        path = json_path(root, parts)
        member = str(parts[0]) if parts else ""
        yield Fault(path, f"{_key(root, parts)} {_rule(error, documents)}.", member, missing, len(parts) > 1)


def json_path(root: str, parts: Sequence[str | int]) -> str:
    """Give the JSON path of the parts below the root."""
    return root + "".join(_part(part) for part in parts)


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else f"[{part!r}]"


def _key(root: str, parts: Sequence[str | int]) -> str:
    return json_path(root, parts).removeprefix("$").removeprefix(".") or "the record"


def _rule(error: Any, documents: Sequence[Document]) -> str:
    kind: str = error.kind.name
    if kind in {"pattern", "anyOf"} and (hint := _hint(error.schema_path, documents)):
        return hint
    if kind == "anyOf":
        return _any_of(error)
    rule = _RULES.get(kind)
    if rule is None:
        return f"breaks the rule {kind!r} of its schema"
    return rule(next(iter(error.kind.as_dict().values()), None))


def _any_of(error: Any) -> str:
    """Say which of several correlation ids is required."""
    branches: list[list[Any]] = error.kind.as_dict()["context"]
    names = [
        each.kind.as_dict()["property"]
        for branch in branches
        for each in branch
        if each.kind.name == "required"
    ]
    return f"must have {_either(names)}" if names else "has none of the forms that are allowed"


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _one_of(options: Any) -> str:
    names = [str(option) for option in options]
    if len(names) > _MOST_LISTED:
        return f"must be one of {len(names)} codes, such as {', '.join(names[:3])}"
    return f"must be one of {', '.join(names)}"


_RULES: Final[Mapping[str, Callable[[Any], str]]] = {
    "required": lambda _: "is required",
    "type": lambda names: f"must be {_either([_TYPES[name] for name in names])}",
    "enum": _one_of,
    "format": lambda _: "must be RFC 3339 with an offset, or milliseconds since 1970-01-01 UTC",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMaximum": lambda limit: f"must be less than {limit}",
    "minLength": lambda limit: _at_least(limit, "characters"),
    "maxLength": lambda limit: f"must have at most {limit} characters",
    "minItems": lambda limit: _at_least(limit, "entries"),
    "maxItems": lambda limit: f"must have at most {limit} entries",
}
"""Keyword that was broken → what it asks for."""


def _at_least(limit: int, what: str) -> str:
    return "must not be empty" if limit == 1 else f"must have at least {limit} {what}"


def _hint(schema_path: Sequence[str | int], documents: Sequence[Document]) -> str:
    """Find the words that the schema itself has for its rule."""
    for document in documents:
        node: Any = document
        for part in list(schema_path)[:-1]:
            node = node.get(part) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping) and "x-hint" in node:
            return str(node["x-hint"])
    return ""
