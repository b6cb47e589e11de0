"""A migrated database on the real engine, empty before each test."""

from collections.abc import Iterator

import pytest

from pipeline.core.row import TABLES
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.settings.values import Secret
from pipeline.store.connect import Server
from pipeline.store.load import Loader
from pipeline.store.migrate import migrate
from pipeline.store.read import Reader
from pipeline.store.write import Writer, WriterPool


def _server(clickhouse: LocalClickHouse, user: str) -> Server:
    return Server(port=clickhouse.native_port, user=user, password=Secret(clickhouse.passwords[user]))


@pytest.fixture(scope="session")
def migrator(clickhouse: LocalClickHouse) -> Server:
    server = _server(clickhouse, "migrator")
    migrate(server)
    return server


@pytest.fixture(scope="session")
def at_writer(clickhouse: LocalClickHouse) -> Server:
    return _server(clickhouse, "pipeline_writer")


@pytest.fixture
def everything(migrator: Server) -> Iterator[Reader]:
    """Reads, and does, whatever the migrator may; its tables are empty."""
    reader = Reader(migrator)
    for table in TABLES:
        reader.query(f"TRUNCATE TABLE cx_store.{table}")
    yield reader
    reader.close()


@pytest.fixture
def analyst(clickhouse: LocalClickHouse, everything: Reader) -> Iterator[Reader]:
    assert everything
    reader = Reader(_server(clickhouse, "analyst"))
    yield reader
    reader.close()


@pytest.fixture
def writer(at_writer: Server, everything: Reader) -> Iterator[Writer]:
    assert everything
    writer = Writer(at_writer, deadline=10)
    yield writer
    writer.close()


@pytest.fixture
def pool(at_writer: Server, everything: Reader) -> Iterator[WriterPool]:
    assert everything
    pool = WriterPool(at_writer, threads=3, deadline=10)
    yield pool
    pool.close()


@pytest.fixture
def loader(at_writer: Server, everything: Reader) -> Iterator[Loader]:
    assert everything
    loader = Loader(at_writer, deadline=10)
    yield loader
    loader.close()
