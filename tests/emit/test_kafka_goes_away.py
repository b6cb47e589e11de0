"""What emitters do when Kafka goes away under them: they say so in bounded time."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.emit import EmitError, Producer
from pipeline.emit.bulk import BulkPublisher
from pipeline.local.demo import DemoRecord
from pipeline.local.kafka import LocalKafka
from pipeline.settings import Settings
from tests.emit.topics import make_topic
from tests.store.forward import free_port

pytestmark = pytest.mark.real

TOPIC = "interactions.web"
VIEW = {
    "source": "storefront-web",
    "channel": "web",
    "type": "product_viewed",
    "customer_id": "42",
    "data": {"product_id": "boots"},
}


@pytest.fixture
def own_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalKafka]:
    monkeypatch.setattr("pipeline.emit.connection.GIVE_UP_MS", 3000)
    with LocalKafka(tmp_path) as kafka:
        make_topic(kafka.bootstrap, TOPIC)
        yield kafka


def test_a_producer_raises_for_what_was_not_acknowledged(own_kafka: LocalKafka) -> None:
    with Producer(own_kafka.bootstrap, settings=Settings()) as producer:
        producer.send(VIEW)
        producer.flush()
        own_kafka.stop()
        stopped = time.monotonic()
        producer.send(VIEW)
        with pytest.raises(EmitError, match="did not take an interaction, 1 before it"):
            producer.flush()
    assert time.monotonic() - stopped < 20
    assert producer.acknowledged == 1


async def test_bulk_publishing_raises_and_counts_only_what_was_acknowledged(own_kafka: LocalKafka) -> None:
    acknowledged = asyncio.Event()
    bulk = BulkPublisher(own_kafka.bootstrap, lambda _: acknowledged.set())
    stopped: list[float] = []

    async def publish_without_end() -> None:
        async with bulk:
            await bulk.add(DemoRecord(TOPIC, b"k", b"first"))
            await bulk.flush()
            await acknowledged.wait()
            own_kafka.stop()
            stopped.append(time.monotonic())
            while True:
                await bulk.add(DemoRecord(TOPIC, b"k", b"more " * 10_000))

    with pytest.raises(EmitError, match=r"refused a batch for interactions\.web"):
        await publish_without_end()
    assert time.monotonic() - stopped[0] < 20
    assert bulk.acknowledged == 1


def test_the_example_without_kafka_says_so_last_and_shortly() -> None:
    example = Path(__file__).parents[2] / "docs" / "examples" / "ten_lines.py"
    environment = {**os.environ, "CXSTREAM_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}"}
    run = subprocess.run(
        [sys.executable, example], env=environment, capture_output=True, text=True, check=False
    )
    told = [line for line in run.stderr.splitlines() if line.startswith("pipeline.emit")]
    assert len(told) == 1
    assert "cannot reach Kafka at 127.0.0.1" in told[0]
    assert run.stderr.count("Traceback") == 1
