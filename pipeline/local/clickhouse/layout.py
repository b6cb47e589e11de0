"""How wide a column is, from its type: what the Native format writes for each.

What comes in: a type as ClickHouse writes it. What goes out: a layout that walks over the values of a column.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.walk import Walk


class Layout(NamedTuple):
    """A column's layout."""

    prefix: int
    """Bytes before the values of the whole column."""
    walk: Callable[[Walk, int], None]
    """Walks over so many values."""


_UNKNOWN_TYPE: Final = 50
_WIDTHS: Final = {
    **dict.fromkeys(("UInt8", "Int8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("UInt16", "Int16", "Enum16", "Date", "BFloat16"), 2),
    **dict.fromkeys(("UInt32", "Int32", "Float32", "Date32", "DateTime", "IPv4", "Time"), 4),
    **dict.fromkeys(("UInt64", "Int64", "Float64", "DateTime64", "Time64"), 8),
    **dict.fromkeys(("UInt128", "Int128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("UInt256", "Int256"), 32),
}
_DECIMAL_WIDTHS: Final = ((9, 4), (18, 8), (38, 16), (76, 32))
"""Greatest precision, and bytes."""
_GEOMETRY: Final = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_ELEMENT_NAME: Final = re.compile(r"(?:`(?:[^`\\]|\\.)*`|\w+)\s+(?=\S)")
_QUOTES: Final = "'`\""


@lru_cache(maxsize=4096)
def layout_of(kind: str) -> Layout:
    """Give the layout of a type. Raises Failure."""
    base, _, _ = kind.partition("(")
    if base in _WIDTHS:
        return _fixed(_WIDTHS[base])
    if base == "String":
        return Layout(0, Walk.strings)
    if base in _GEOMETRY:
        return layout_of(_GEOMETRY[base])
    if base in _COMPOUNDS:
        return _COMPOUNDS[base](arguments_of(kind))
    if base.startswith("Interval"):
        return _fixed(8)
    raise Failure(
        _UNKNOWN_TYPE,
        f"type {kind} cannot go over this server's native port: cast it, or use HTTP",
        "UNKNOWN_TYPE",
    )


def arguments_of(kind: str) -> list[str]:
    """Split the arguments of a type; commas within quotes and brackets are not borders."""
    inner = kind[kind.find("(") + 1 : -1] if "(" in kind else ""
    arguments, depth, start, at = [], 0, 0, 0
    while at < len(inner):
        character = inner[at]
        if character in _QUOTES:
            at = _end_of_quoted(inner, at)
            continue
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            arguments.append(inner[start:at].strip())
            start = at + 1
        at += 1
    return [*arguments, inner[start:].strip()]


def _end_of_quoted(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != text[start]:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _fixed(width: int) -> Layout:
    return Layout(0, lambda walk, count: walk.skip(width * count))


def _decimal_width(precision: int) -> int:
    return next(width for most, width in _DECIMAL_WIDTHS if precision <= most)


def _nullable(arguments: Sequence[str]) -> Layout:
    inner = layout_of(arguments[0])

    def walk(walk: Walk, count: int) -> None:
        walk.skip(count)
        inner.walk(walk, count)

    return Layout(inner.prefix, walk)


def _array(arguments: Sequence[str]) -> Layout:
    inner = _tuple(arguments)

    def walk(walk: Walk, count: int) -> None:
        if count:
            walk.skip(8 * (count - 1))
            inner.walk(walk, walk.number(8))

    return Layout(inner.prefix, walk)


def _tuple(arguments: Sequence[str]) -> Layout:
    elements = [layout_of(_without_name(argument)) for argument in arguments if argument]

    def walk(walk: Walk, count: int) -> None:
        for element in elements:
            element.walk(walk, count)
        if not elements:
            walk.skip(count)  # an empty tuple is a byte a row

    return Layout(sum(element.prefix for element in elements), walk)


def _without_name(argument: str) -> str:
    return argument[match.end() :] if (match := _ELEMENT_NAME.match(argument)) else argument


def _low_cardinality(arguments: Sequence[str]) -> Layout:
    kind = arguments[0]
    values = layout_of(arguments_of(kind)[0] if kind.startswith("Nullable(") else kind)

    def walk(walk: Walk, count: int) -> None:
        if count:
            index_width = 1 << (walk.number(8) & 0xFF)
            values.walk(walk, walk.number(8))
            walk.skip(index_width * walk.number(8))

    return Layout(8, walk)


_COMPOUNDS: Final[dict[str, Callable[[Sequence[str]], Layout]]] = {
    "FixedString": lambda arguments: _fixed(int(arguments[0])),
    "Decimal": lambda arguments: _fixed(_decimal_width(int(arguments[0]))),
    "Nullable": _nullable,
    "Array": _array,
    "Map": _array,
    "Nested": _array,
    "Tuple": _tuple,
    "LowCardinality": _low_cardinality,
    "SimpleAggregateFunction": lambda arguments: layout_of(arguments[-1]),
}
