"""Databases for the tests of the local server."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from clickhouse_driver import Client

from pipeline.local.clickhouse import LocalClickHouse

from .clients import native


@pytest.fixture(scope="module")
def migrator(clickhouse: LocalClickHouse) -> Iterator[Client]:
    client = native(clickhouse)
    for database in ("cx_store", "cx"):
        client.execute(f"CREATE DATABASE IF NOT EXISTS {database}")
    yield client
    client.disconnect()


@pytest.fixture
def make_table(migrator: Client) -> Iterator[Callable[..., str]]:
    """Make tables in cx_store that are gone after the test."""
    numbers, names = count(), []

    def make(columns: str, engine: str = "MergeTree ORDER BY tuple()") -> str:
        names.append(f"cx_store.try_{next(numbers)}")
        migrator.execute(f"CREATE OR REPLACE TABLE {names[-1]} ({columns}) ENGINE = {engine}")
        return names[-1]

    yield make
    for name in names:
        migrator.execute(f"DROP TABLE {name} SYNC")
