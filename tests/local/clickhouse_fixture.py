"""A real ClickHouse engine for a whole test run."""

from collections.abc import Iterator

import pytest

from pipeline.local.clickhouse import LocalClickHouse


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClickHouse]:
    with LocalClickHouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server
