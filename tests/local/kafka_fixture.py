"""A real Kafka for a whole test run."""

from collections.abc import Iterator

import pytest

from pipeline.local.kafka import LocalKafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server
