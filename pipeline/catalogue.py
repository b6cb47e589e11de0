"""The catalogue of metrics, from schemas/metrics.yaml: finds, checks and compiles it.

What comes in: the file, and the schemas of the types that it names. What goes out: what each metric is, and the flows
that the core counts. A mistake is refused at start, with the line and what would be right.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jsonschema_rs
import msgspec
import yaml

from pipeline.contract import find_schemas
from pipeline.core.flow import Condition, Flow, Flows, Kind, Part
from pipeline.core.metric import DERIVED

_SCALARS = {"string", "number", "integer", "boolean"}


class CatalogueError(Exception):
    """The file of metrics cannot be used. The text names the line, and what is allowed."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric is. The fields are described in schemas/metrics.schema.json."""

    name: str
    meaning: str
    kind: Kind
    unit: str
    scale: int = 1
    good: Literal["higher", "lower"]
    numerator: str
    denominator: str = ""
    counted_at: str
    final_after_seconds: int = 0
    minimum_n: int = 1
    quantile: float = 0.0
    dimensions: tuple[str, ...] = ()
    source: str
    flow: Flow | None = None


class Catalogue(NamedTuple):
    """All metrics, in the order of the file."""

    metrics: tuple[Metric, ...]

    @property
    def flows(self) -> Flows:
        """Give the flows by the types that they read."""
        found: defaultdict[str, list[Flow]] = defaultdict(list)
        for flow in (metric.flow for metric in self.metrics if metric.flow is not None):
            for kind in dict.fromkeys(part.type for part in flow.parts):
                found[kind].append(flow)
        return {kind: tuple(flows) for kind, flows in found.items()}


@cache
def load(schemas: Path | None = None) -> Catalogue:
    """Read the catalogue. Raises CatalogueError, FileNotFoundError."""
    root = schemas or find_schemas()
    file = root / "metrics.yaml"
    text = file.read_text(encoding="utf-8")
    try:
        document, lines = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{file.name} is no YAML: {error}") from error

    def refuse(path: tuple[Any, ...], told: str) -> CatalogueError:
        return CatalogueError(f"{file.name}, line {_line(lines, path)}: {'.'.join(map(str, path))}: {told}")

    schema = json.loads((root / "metrics.schema.json").read_text(encoding="utf-8"))
    for fault in jsonschema_rs.validator_for(schema).iter_errors(document):
        raise refuse(tuple(fault.instance_path), fault.message)
    metrics = []
    for name, entry in document.items():
        for path, told in _mistakes(name, entry, root / "interactions"):
            raise refuse(path, told)
        counts = entry.pop("counts", None)
        flow = _flow(name, entry, counts) if counts else None
        metrics.append(msgspec.convert(entry | {"name": name, "flow": flow}, Metric))
    return Catalogue(tuple(metrics))


def _mistakes(
    name: str, entry: Mapping[str, Any], interactions: Path
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give what no schema can say: whether the code derives it, whether types and fields exist."""
    if "counts" not in entry and name not in DERIVED:
        yield (name,), f"needs counts; without them only these are known: {', '.join(DERIVED)}"
    if "counts" in entry and name in DERIVED:
        yield (name, "counts"), "is derived from customers' histories; leave counts out, or take another name"
    yield from _unknown_dimensions(name, entry, interactions)
    for side, parts in entry.get("counts", {}).items():
        for number, part in enumerate(parts):
            path = (name, "counts", side, number)
            fields = _fields(interactions / part["type"])
            if fields is None:
                known = [folder.name for folder in interactions.iterdir() if folder.is_dir()]
                yield (*path, "type"), f"there is no type {part['type']}{_closest(part['type'], known)}"
                continue
            numbers = {field for field, types in fields.items() if types & {"number", "integer"}}
            for field in part.get("where", {}):
                if field not in fields:
                    yield (
                        (*path, "where", field),
                        f"{part['type']} has no such field{_closest(field, fields)}",
                    )
            for at, field in enumerate(part.get("sum", ())):
                if field not in numbers:
                    told = f"{part['type']} has no number of this name{_closest(field, numbers)}"
                    yield (*path, "sum", at), told


def _unknown_dimensions(
    name: str, entry: Mapping[str, Any], interactions: Path
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give the dimensions that none of the types has which the metric counts."""
    parts = [part for side in entry.get("counts", {}).values() for part in side]
    known = {field for part in parts for field in _fields(interactions / part["type"]) or ()}
    for at, field in enumerate(entry.get("dimensions", ())):
        if field not in known:
            told = f"none of the types that it counts has this field{_closest(field, known)}"
            yield (name, "dimensions", at), told


def _fields(folder: Path) -> dict[str, set[str]] | None:
    """Give the fields with plain values that any version of a type has, with their JSON types."""
    versions = sorted(folder.glob("*-*-*.json"))
    if not versions:
        return None
    definitions = json.loads((folder.parent / "definitions.json").read_text(encoding="utf-8"))["$defs"]
    found: dict[str, set[str]] = {}
    for version in versions:
        properties = json.loads(version.read_text(encoding="utf-8")).get("properties", {})
        for field, schema in properties.items():
            said = definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], {}) | schema
            types = said.get("type", "string" if "enum" in said or "const" in said else "")
            if plain := {types} & _SCALARS if isinstance(types, str) else set(types) & _SCALARS:
                found[field] = plain
    return found


def _closest(word: str, known: Any) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _line(node: Any, path: tuple[Any, ...]) -> int:
    """Give the line of what a path leads to, or of the last that is there."""
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _flow(name: str, entry: Mapping[str, Any], counts: Mapping[str, Any]) -> Flow:
    above, below = (
        tuple(_part(part) for part in counts.get(side, ())) for side in ("numerator", "denominator")
    )
    return Flow(name, entry["kind"], above, below, tuple(entry.get("dimensions", ())))


def _part(said: Mapping[str, Any]) -> Part:
    where = tuple(_condition(field, value) for field, value in said.get("where", {}).items())
    return Part(said["type"], where, tuple(said.get("sum", ())), said.get("times", 1))


def _condition(field: str, value: Any) -> Condition:
    if isinstance(value, dict):
        return Condition(field, above=value["above"])
    return Condition(field, tuple(value) if isinstance(value, list) else (value,))
