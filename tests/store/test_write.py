"""Writing, on the real engine."""

import asyncio
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import msgspec
import pytest

from pipeline.core.row import (
    TABLE_OF,
    TABLES,
    InteractionRow,
    JourneyRow,
    LedgerRow,
    RejectionRow,
    SessionRow,
    WindowRow,
)
from pipeline.settings.values import Secret
from pipeline.store.connect import Server, connect
from pipeline.store.errors import RefusedError, SchemaError, UnavailableError
from pipeline.store.read import Reader
from pipeline.store.write import Writer, WriterPool
from tests.store.forward import Forwarder, free_port
from tests.store.rows import AT, row

TEXTS = ("سلام", "سلامت باشید", "สวัสดี", "👩‍👩‍👧 'quoted' \\ \n\t\x00", "")


@pytest.mark.parametrize("table", TABLES)
def test_what_is_written_is_what_is_read(table: str, writer: Writer, at_writer: Server) -> None:
    written = row(TABLES[table])
    writer.write(table, [written])
    client = connect(at_writer, as_bytes=True)
    fields = ", ".join(_as_integer(name, table) for name in written._fields)
    (read,) = client.execute(f"SELECT {fields} FROM {table}")
    client.disconnect()
    assert tuple(map(_plain, read)) == tuple(map(_plain, written))


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_unchanged(text: str, writer: Writer, everything: Reader) -> None:
    writer.write("interactions", [row(InteractionRow, data=text, identifiers=(text,), source=text)])
    answer = everything.query("SELECT data, identifiers, source FROM cx.interactions")
    assert answer.rows == [(text, [text], text)]


def test_the_ends_of_every_range_survive(writer: Writer, everything: Reader) -> None:
    last = 2**64 - 1
    writer.write("interactions", [row(InteractionRow, hash=last, version=last, day=0, sent_time=0, time=0)])
    writer.write("rejections", [row(RejectionRow, offset=2**63 - 1, value=bytes(range(256)))])
    writer.write("metric_windows", [row(WindowRow, buckets=(-(2**31), 0), counts=(-1, 2**63 - 1))])
    assert everything.query("SELECT hash, toUInt32(day) FROM cx.interactions").rows == [(last, 0)]
    assert everything.query("SELECT hex(value) FROM cx_store.rejections").rows == [
        (bytes(range(256)).hex().upper(),)
    ]
    assert everything.query("SELECT buckets, counts FROM cx_store.metric_windows").rows == [
        ([-(2**31), 0], [-1, 2**63 - 1])
    ]


def test_the_greatest_version_wins_whoever_writes_last(writer: Writer, everything: Reader) -> None:
    writer.write("journeys", [row(JourneyRow, version=9, steps=9)])
    writer.write("journeys", [row(JourneyRow, version=8, steps=8), row(JourneyRow, version=7, is_deleted=1)])
    assert everything.query("SELECT steps FROM cx.journeys").rows == [(9,)]


def test_a_tombstone_hides_its_row_until_a_greater_version(writer: Writer, everything: Reader) -> None:
    writer.write("sessions", [row(SessionRow, version=5)])
    writer.write("sessions", [row(SessionRow, version=6, is_deleted=1)])
    assert everything.query("SELECT count() FROM cx.sessions").rows == [(0,)]
    writer.write("sessions", [row(SessionRow, version=7)])
    assert everything.query("SELECT count() FROM cx.sessions").rows == [(1,)]


def test_rows_that_were_deleted_and_come_again_are_stored(writer: Writer, everything: Reader) -> None:
    writer.write("ledger", [row(LedgerRow)])
    everything.query("ALTER TABLE cx_store.ledger DELETE WHERE 1 SETTINGS mutations_sync = 2")
    writer.write("ledger", [row(LedgerRow)])
    assert everything.query("SELECT count() FROM cx_store.ledger").rows == [(1,)]


def test_senders_with_wild_clocks_stop_no_batch(writer: Writer, everything: Reader) -> None:
    months = range(0, 400 * 31, 31)
    writer.write("interactions", [row(InteractionRow, day=day, sent_time=day * 86_400_000) for day in months])
    assert everything.query("SELECT count() FROM cx.interactions").rows == [(400,)]


def test_a_missing_table_is_a_schema_error_at_once(writer: Writer, everything: Reader) -> None:
    everything.query("RENAME TABLE cx_store.ledger TO cx_store.hidden")
    started = time.monotonic()
    try:
        with pytest.raises(SchemaError, match="cxstream migrate"):
            writer.write("ledger", [row(LedgerRow)])
    finally:
        everything.query("RENAME TABLE cx_store.hidden TO cx_store.ledger")
    assert time.monotonic() - started < 5


def test_a_missing_column_is_a_schema_error_at_once(writer: Writer, everything: Reader) -> None:
    everything.query("ALTER TABLE cx_store.sessions RENAME COLUMN orders TO other")
    try:
        with pytest.raises(SchemaError, match="writing sessions"):
            writer.write("sessions", [row(SessionRow)])
    finally:
        everything.query("ALTER TABLE cx_store.sessions RENAME COLUMN other TO orders")


def test_a_wrong_password_is_refused_at_once(at_writer: Server) -> None:
    stranger = Writer(msgspec.structs.replace(at_writer, password=Secret("wrong")))
    with pytest.raises(RefusedError):
        stranger.write("ledger", [row(LedgerRow)])


def test_a_value_that_no_column_holds_is_refused_at_once(writer: Writer) -> None:
    with pytest.raises(RefusedError):
        writer.write("interactions", [row(InteractionRow, day=-1)])


def test_a_server_that_is_away_until_the_deadline_is_unavailable(at_writer: Server) -> None:
    away = Writer(msgspec.structs.replace(at_writer, port=free_port()), deadline=0.5)
    with pytest.raises(UnavailableError, match="writing ledger"):
        away.write("ledger", [row(LedgerRow)])


def test_stop_ends_the_patience(at_writer: Server) -> None:
    away = Writer(msgspec.structs.replace(at_writer, port=free_port()), deadline=60)
    started = time.monotonic()
    Thread(target=lambda: (time.sleep(0.3), away.stop(within=0.1))).start()
    with pytest.raises(UnavailableError):
        away.write("ledger", [row(LedgerRow)])
    assert time.monotonic() - started < 10


def test_a_server_that_comes_back_gets_the_rows(at_writer: Server, everything: Reader) -> None:
    port = free_port()
    patient = Writer(msgspec.structs.replace(at_writer, port=port), deadline=30)
    write = Thread(target=patient.write, args=("ledger", [row(LedgerRow)]))
    write.start()
    time.sleep(0.3)
    with Forwarder(port, (at_writer.host, at_writer.port)):
        write.join(20)
    assert everything.query("SELECT count() FROM cx_store.ledger").rows == [(1,)]


def test_a_connection_that_breaks_in_the_middle_is_repeated(at_writer: Server, everything: Reader) -> None:
    rows = [row(LedgerRow, position=position, message=bytes(2000)) for position in range(2000)]
    with Forwarder(free_port(), (at_writer.host, at_writer.port), breaks=[3000, 6000]) as forwarder:
        Writer(msgspec.structs.replace(at_writer, port=forwarder.port), deadline=30).write("ledger", rows)
        assert forwarder.broken == 2
    assert everything.query("SELECT uniqExact(position) FROM cx_store.ledger").rows == [(2000,)]


def test_a_pool_writes_tables_at_once_and_says_how_long_each_took(
    pool: WriterPool, everything: Reader
) -> None:
    batches = {TABLE_OF[kind]: [row(kind)] for kind in (LedgerRow, SessionRow, JourneyRow, WindowRow)}
    seconds = asyncio.run(pool.write_all({**batches, "intake": []}))
    assert seconds.keys() == batches.keys()
    assert all(0 < each < 60 for each in seconds.values())
    assert everything.query("SELECT count() FROM cx.journeys").rows == [(1,)]


def test_a_pool_raises_after_the_other_tables_were_written(pool: WriterPool, everything: Reader) -> None:
    with pytest.raises(RefusedError):
        asyncio.run(
            pool.write_all({"interactions": [row(InteractionRow, day=-1)], "ledger": [row(LedgerRow)]})
        )
    assert everything.query("SELECT count() FROM cx_store.ledger").rows == [(1,)]
    asyncio.run(pool.write_all({"interactions": [row(InteractionRow)]}))
    assert everything.query("SELECT count() FROM cx.interactions").rows == [(1,)]


def _as_integer(name: str, table: str) -> str:
    integers: dict[str, Callable[[str], str]] = {
        "day": lambda n: f"toUInt16({n})",
        "window": lambda n: f"toUInt32({n})",
    }
    times = {"sent_time", "time", "received", "started", "ended", "last_step_at", "closes_at"}
    times |= {
        "purchased_at",
        "first_seen",
        "last_seen",
        "watermark",
        "appended_at",
        "decided_at",
        "heard_at",
        "revised_at",
    }
    if name in integers:
        return integers[name](name)
    return f"toUnixTimestamp64Milli({name})" if name in times and (table, name) else name


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value


assert AT % 60_000 == 0
