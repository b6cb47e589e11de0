"""CPU seconds of the server process per million rows of 20 columns, 10 of them strings. Not a test.

Run: python -m tests.local.clickhouse.measure_inserts [rows per insert]
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from pipeline.local.clickhouse import LocalClickHouse

from .clients import native

_TOTAL = 500_000
_COLUMNS = {
    **{f"low_{n}": "LowCardinality(String)" for n in range(3)},
    **{f"text_{n}": "String" for n in range(5)},
    **{f"json_{n}": "String" for n in range(2)},
    **{f"number_{n}": "UInt64" for n in range(5)},
    **{f"at_{n}": "DateTime64(3, 'UTC')" for n in range(3)},
    "identifiers": "Array(String)",
    "gap": "Nullable(Float64)",
}


def _value(column: str, n: int) -> Any:
    kind = column.partition("_")[0]
    return {
        "low": f"v{n % 50}",
        "text": f"value number {n * 7919 % 1_000_003}",
        "json": '{"k":"' + "x" * (n % 300) + '"}',
        "number": n,
        "at": datetime(2024, 1, 1, tzinfo=UTC),
        "identifiers": ["customer:1", "order:2"],
        "gap": 1.5,
    }[kind]


def main() -> None:
    """Insert into a table that keeps nothing, then into one that does; print what each cost."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    data = [[_value(column, n) for n in range(size)] for column in _COLUMNS]
    types = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    with tempfile.TemporaryDirectory() as directory, LocalClickHouse(Path(directory)) as server:
        migrator, writer = native(server), native(server, "pipeline_writer", compression="lz4")
        migrator.execute("CREATE DATABASE cx_store")
        for engine in ("Null", "MergeTree ORDER BY number_0"):
            migrator.execute(f"CREATE OR REPLACE TABLE cx_store.t ({types}) ENGINE = {engine}")
            before, began = psutil.Process(server.pid).cpu_times(), time.perf_counter()
            for _ in range(_TOTAL // size):
                writer.execute(f"INSERT INTO cx_store.t ({', '.join(_COLUMNS)}) VALUES", data, columnar=True)
            wall, after = time.perf_counter() - began, psutil.Process(server.pid).cpu_times()
            cpu = (after.user + after.system - before.user - before.system) / _TOTAL * 1e6
            print(  # noqa: T201 - its purpose
                f"{engine}: {cpu:.2f} s of the server's CPU per million rows, {_TOTAL / wall:,.0f} rows/s with the driver, {size} rows an insert"
            )


if __name__ == "__main__":
    main()
