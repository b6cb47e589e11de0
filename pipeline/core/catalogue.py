"""The catalogue: every schema of every type, and which of them is in force for a record."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from pipeline.core.schema import Schema, parse_name
from pipeline.core.typed import Document

_LONGEST: Final = 64
"""Characters of a type that are compared with the known ones: the work grows with the square."""


class Catalogue:
    """All schemas, by type, by name and by MODEL."""

    __slots__ = ("_exact", "_models", "_suggest", "definitions", "newest")

    def __init__(self, schemas: Iterable[Schema], definitions: Document) -> None:
        """Take the compiled schemas and what they share."""
        self.definitions = definitions
        self.newest: dict[str, Schema] = {}
        """Type → its newest schema."""
        self._exact: dict[str, Schema] = {}
        self._models: dict[tuple[str, int], Schema] = {}
        for schema in sorted(schemas, key=lambda each: each.version):
            self.newest[schema.type] = schema
            self._exact[schema.name] = schema
            self._models[schema.type, schema.version.model] = schema
        self._suggest = lru_cache(maxsize=256)(self._closest)

    def in_force(self, kind: str, name: str | None) -> tuple[Schema, str] | None:
        """Give the schema to check with and the name of the one in force, for a type and a schema as sent."""
        schema = self.newest.get(kind) or self.newest.get(kind.rpartition(".")[2])
        if schema is None:
            return None
        if name is None or name == schema.name:
            return schema, schema.name
        return self._find(schema.type, name)

    def _find(self, kind: str, name: str) -> tuple[Schema, str] | None:
        """Give the schema to check with, and the name of the one in force, for a schema that a sender names.

        A known MODEL with an unknown REVISION or ADDITION is checked with the newest schema of that MODEL.
        """
        parsed = parse_name(name)
        if parsed is None or parsed[0] != kind:
            return None
        in_force = f"{kind}/{'-'.join(map(str, parsed[1]))}"
        schema = self._exact.get(in_force) or self._models.get((kind, parsed[1].model))
        return (schema, in_force) if schema else None

    def models_of(self, kind: str) -> str:
        """Name the MODELs that are known of a type."""
        return " or ".join(str(model) for each, model in sorted(self._models) if each == kind)

    def unknown_type(self, kind: str) -> str:
        """Say that a type is unknown, and which one may be meant."""
        return self._suggest(kind)

    def _closest(self, kind: str) -> str:
        close = get_close_matches(kind[:_LONGEST].lower().replace(" ", "_"), self.newest, n=1)
        meant = f"; the closest is {close[0]}." if close else "."
        return f"type must be one of the {len(self.newest)} types in schemas/interactions{meant}"
