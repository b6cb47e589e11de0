"""A client that dies within an insert leaves nothing of it."""

import socket
import time
from collections.abc import Callable
from hashlib import sha256

import pytest
from clickhouse_driver import Client

from pipeline.local.clickhouse import LocalClickHouse
from tests.store.forward import Forwarder, free_port

from .clients import ask, native

_ROWS = [(n, sha256(b"%d" % n).hexdigest()) for n in range(20_000)]
"""Does not compress to less than 600 kB."""


@pytest.mark.parametrize("cut_at", [1_000, 5_000, 200_000, 500_000])
@pytest.mark.parametrize("compression", ["lz4", "no"])
def test_nothing_of_a_block_that_was_cut_is_visible(
    cut_at: int,
    compression: str,
    clickhouse: LocalClickHouse,
    make_table: Callable[..., str],
    migrator: Client,
) -> None:
    table, port = make_table("n UInt64, s String"), free_port()
    insert = f"INSERT INTO {table} (n, s) VALUES"
    with Forwarder(port, ("127.0.0.1", clickhouse.native_port), breaks=[cut_at]) as forwarder:
        client = native(
            clickhouse,
            "pipeline_writer",
            port=port,
            compression=compression if compression != "no" else False,
        )
        with pytest.raises((OSError, EOFError)):
            client.execute(insert, _ROWS)
        assert forwarder.broken == 1
        for _ in range(5):
            assert migrator.execute(f"SELECT count() FROM {table}") == [(0,)]
            time.sleep(0.05)
        client.execute(insert, _ROWS)
    assert migrator.execute(f"SELECT count(), uniqExact(n) FROM {table}") == [(20_000, 20_000)]


def test_an_http_body_that_was_cut_stores_nothing(
    clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    table = make_table("n UInt64")
    body = f"INSERT INTO {table} FORMAT CSV\n".encode() + b"1\n" * 1000
    password = clickhouse.passwords["migrator"]
    head = (
        f"POST /?user=migrator&password={password} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", clickhouse.http_port)) as connection:
        connection.sendall(head.encode() + body[:-2])
    time.sleep(0.3)
    assert ask(clickhouse, f"SELECT count() FROM {table}").text == "0\n"
