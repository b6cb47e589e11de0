"""Every type goes in and comes out unchanged, through each client."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import pytest

from pipeline.local.clickhouse import LocalClickHouse

from .clients import connect, native

_UUIDS = [UUID("12345678-1234-5678-9abc-123456789abc"), UUID(int=0), UUID(int=2**128 - 1)]
_WORDS = ["", "a'b\\c\n\t\0", "سلام", "สวัสดี 🛒", "x" * 127, "y" * 128, "z" * 70_000]
_TIMES = [datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]

TYPES: dict[str, list[Any]] = {
    **{f"Int{bits}": [0, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1] for bits in (8, 16, 32, 64, 128, 256)},
    **{f"UInt{bits}": [0, 1, 2**bits - 1] for bits in (8, 16, 32, 64, 128, 256)},
    "Float32": [0.0, -1.5, float("inf")],
    "Float64": [0.1, -1e300, float("-inf")],
    "Bool": [True, False],
    "String": _WORDS,
    "FixedString(3)": ["abc", "xyz"],
    "LowCardinality(String)": [*_WORDS, "", "x" * 127],
    "LowCardinality(Nullable(String))": ["a", None, "", "a"],
    "Nullable(String)": [None, "", "a"],
    "Nullable(UInt64)": [None, 0, 7],
    "Array(String)": [[], ["a", ""], _WORDS],
    "Array(Array(UInt8))": [[], [[]], [[1], [], [2, 3]]],
    "Array(LowCardinality(String))": [["a", "b"], [], ["a"]],
    "Array(Nullable(Int16))": [[None, 1], []],
    "DateTime('UTC')": _TIMES,
    "DateTime64(3, 'UTC')": [datetime(2024, 2, 29, 1, 2, 3, 456_000, tzinfo=UTC), *_TIMES],
    "DateTime64(6, 'Asia/Tehran')": [datetime(2024, 2, 29, 1, 2, 3, 456_789, tzinfo=UTC)],
    "Date": [date(1970, 1, 1), date(2149, 6, 6)],
    "Date32": [date(1900, 1, 1), date(2299, 12, 31)],
    "Enum8('a' = -1, 'b, (c)' = 2)": ["a", "b, (c)"],
    "Enum16('x' = 1, 'it\\'s' = 3000)": ["x", "it's"],
    "UUID": _UUIDS,
    "Decimal(9, 2)": [Decimal("-1.25"), Decimal("9999999.99")],
    "Decimal(18, 4)": [Decimal("12345678901234.5678")],
    "Decimal(38, 10)": [Decimal("-1234567890123456789012345678.0123456789")],
    "Map(String, UInt64)": [{}, {"a": 1, "b": 2}],
    "Map(LowCardinality(String), Array(String))": [{"a": ["x"]}, {}],
    "Tuple(String, Nullable(Int32))": [("a", None), ("", 1)],
    "Tuple(name String, `odd name` Array(UInt8))": [("a", [1]), ("b", [])],
    "IPv4": [IPv4Address("127.0.0.1"), IPv4Address("255.255.255.255")],
    "IPv6": [IPv6Address("::1"), IPv6Address("2001:db8::8a2e")],
    "SimpleAggregateFunction(sum, UInt64)": [1, 2],
    "SimpleAggregateFunction(anyLast, Nullable(String))": ["a", None],
}


@pytest.mark.parametrize("compression", ["lz4", "no"])
@pytest.mark.parametrize("kind", TYPES)
def test_the_driver_writes_and_reads_it(
    kind: str, compression: str, clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    values = TYPES[kind]
    table = make_table(f"n UInt32, x {kind}, after String")
    client = native(clickhouse, "pipeline_writer", compression=compression if compression != "no" else False)
    rows = [(number, value, f"after {number}") for number, value in enumerate(values)]
    client.execute(f"INSERT INTO {table} (n, x, after) VALUES", rows)
    client.execute(f"INSERT INTO {table} (after, x) VALUES", [["again"] * len(values), values], columnar=True)
    read = client.execute(f"SELECT n, x, after FROM {table} WHERE after != 'again' ORDER BY n")
    again = client.execute(f"SELECT count() FROM {table} WHERE after = 'again'")
    assert [(n, _plain(value), after) for n, value, after in read] == [
        (n, _plain(value), after) for n, value, after in rows
    ]
    assert again == [(len(values),)]
    client.disconnect()


@pytest.mark.parametrize("kind", [kind for kind in TYPES if "odd name" not in kind])
def test_clickhouse_connect_writes_and_reads_it(
    kind: str, clickhouse: LocalClickHouse, make_table: Callable[..., str]
) -> None:
    if kind == "FixedString(3)":
        values: list[Any] = [b"abc", b"xyz"]  # clickhouse-connect gives them as bytes
    else:
        values = TYPES[kind]
    table = make_table(f"n UInt32, x {kind}")
    client = connect(clickhouse, "pipeline_writer")
    client.insert(table, [[n, value] for n, value in enumerate(values)], column_names=["n", "x"])
    read = client.query(f"SELECT x FROM {table} ORDER BY n").result_columns[0]
    assert [_plain(value) for value in read] == [_plain(value) for value in values]
    client.close()


def test_what_cannot_go_over_the_native_port_says_so(clickhouse: LocalClickHouse) -> None:
    client = native(clickhouse)
    with pytest.raises(Exception, match=r"Code: 50\.\n.*cannot go over this server's native port"):
        client.execute("SELECT uniqState(number) FROM numbers(3)")
    assert client.execute("SELECT 1") == [(1,)]
    client.disconnect()


def _plain(value: Any) -> Any:
    """The same instant in UTC; a row of a Tuple or Map as what it holds."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    if isinstance(value, dict) and set(value) == {"name", "odd name"}:
        return tuple(value.values())
    return value
