"""Reads whole tables for a comparison with the oracle: the archive as interactions, derived tables as rows.

What comes in: where ClickHouse is. What goes out: what the pipeline wrote, in the pipeline's own types, times as
integers. A read sees one moment per table: compare when nothing is written.
"""

from collections.abc import Iterator
from typing import Any, Final

from pipeline.core.interaction import Interaction
from pipeline.core.row import TABLES, InteractionRow, Row
from pipeline.store.connect import Server, connect
from pipeline.store.session import Session

_TIMES: Final = frozenset(
    {
        "time",
        "sent_time",
        "received",
        "started",
        "ended",
        "last_step_at",
        "closes_at",
        "purchased_at",
        "streak_ended_at",
        "first_seen",
        "last_seen",
        "watermark",
        "appended_at",
        "decided_at",
    }
)
_ARRAYS: Final = frozenset({"channels", "buckets", "counts", "identifiers", "positions"})


def _column(name: str) -> str:
    """Give the expression that reads a column as an integer where it is a time."""
    if name in _TIMES:
        return f"toUnixTimestamp64Milli({name})"
    return {"window": "toUnixTimestamp(window)", "day": "toInt32(day)"}.get(name, name)


def rows(server: Server, table: str) -> Iterator[Row]:
    """Give the rows of a table that count: the greatest version of each key, without tombstones."""
    row = TABLES[table]
    columns = ", ".join(_column(name) for name in row._fields)
    final = "" if table == "ledger" else "FINAL"
    sql = f"SELECT {columns} FROM cx_store.{table} {final}"  # noqa: S608 - a closed list
    session = Session(connect(server))
    try:
        answer = session.query(sql, doing=f"reading {table}")
    finally:
        session.close()
    arrays = [i for i, name in enumerate(row._fields) if name in _ARRAYS]
    for values in zip(*answer, strict=True):
        yield row(*_with_tuples(values, arrays))


def _with_tuples(values: tuple[Any, ...], arrays: list[int]) -> tuple[Any, ...]:
    if not arrays:
        return values
    changed = list(values)
    for i in arrays:
        changed[i] = tuple(changed[i])
    return tuple(changed)


def interaction_of(one: InteractionRow) -> Interaction:
    """Give the interaction that a row of the archive holds; without consent, which decides nothing later."""
    return Interaction(
        id=one.id,
        source=one.source,
        type=one.type,
        schema=one.schema,
        area=one.area,
        passive=bool(one.passive),
        channel=one.channel,
        sent_time=one.sent_time,
        time=one.time,
        received=one.received,
        identifiers=tuple(one.identifiers),
        consent=None,
        context_json=one.context,
        data_json=one.data,
        hash=one.hash,
    )


def interactions(server: Server) -> Iterator[Interaction]:
    """Give all accepted interactions, copies with other content included."""
    for one in rows(server, "interactions"):
        assert isinstance(one, InteractionRow)  # noqa: S101 - what the table holds
        yield interaction_of(one)
