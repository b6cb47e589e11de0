"""Blocks of columns: finds their end, and converts between the wire and the engine.

What comes in: bytes of Native blocks. What goes out: the same blocks as the other side wants them. The wire (revision
54459) has a byte after each column's type that says how it is serialised; the engine's Native format has none. Columns
carry no length, so every column is walked by its type. Values are never looked at.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.local.clickhouse.layout import layout_of
from pipeline.local.clickhouse.walk import Walk
from pipeline.local.clickhouse.wire import Inbox, ProtocolError, string, varint

_PLAIN = b"\0"
_COLUMN_LIMIT = 100_000


class Column(NamedTuple):
    """A column's name and type, as the engine writes them."""

    name: str
    type: str


class Block(NamedTuple):
    """One block: how many rows it has, and its bytes."""

    columns: tuple[Column, ...]
    rows: int
    data: bytes


def read_block(inbox: Inbox) -> Block:
    """Read a block from the wire, and give it as the engine wants it. Raises ProtocolError, EOFError."""
    _skip_block_info(inbox)
    walk = Walk(inbox)
    columns, rows = _walk_block(walk, on_wire=True)
    return Block(columns, rows, walk.finish())


def engine_blocks(data: bytes) -> Iterable[Block]:
    """Split the engine's bytes into blocks as the wire wants them, without block info."""
    inbox = Inbox(_nothing_more)
    inbox.data = data
    while inbox.at < len(inbox.data):
        walk = Walk(inbox)
        columns, rows = _walk_block(walk, on_wire=False)
        yield Block(columns, rows, walk.finish())


def header(columns: Iterable[Column]) -> bytes:
    """Give a block of no rows for the wire: the names and types."""
    parts = [string(column.name) + string(column.type) + _PLAIN for column in columns]
    return varint(len(parts)) + varint(0) + b"".join(parts)


def _nothing_more() -> bytes:
    raise ProtocolError("the engine's block ends too early")


def _skip_block_info(inbox: Inbox) -> None:
    while field := inbox.varint():
        if field not in {1, 2}:
            raise ProtocolError(f"unknown block field {field}")
        inbox.take(1 if field == 1 else 4)


def _walk_block(walk: Walk, *, on_wire: bool) -> tuple[tuple[Column, ...], int]:
    count, rows = walk.varint(), walk.varint()
    if count > _COLUMN_LIMIT:
        raise ProtocolError(f"a block of {count} columns is refused")
    columns = []
    for _ in range(count):
        column = Column(walk.string(), walk.string())
        columns.append(column)
        if not on_wire:
            walk.insert(_PLAIN)
        elif walk.drop() != 0:
            raise ProtocolError(f"column {column.name} has a custom serialisation, which is not supported")
        if rows:
            layout = layout_of(column.type)
            walk.skip(layout.prefix)
            layout.walk(walk, rows)
    return tuple(columns), rows
