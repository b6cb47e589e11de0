"""Producers on a real Kafka."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.contract import load
from pipeline.core.interaction import Interaction
from pipeline.emit import AsyncProducer, EmitError, Producer, RefusedError
from pipeline.emit.verdict import now_ms
from pipeline.local.kafka import LocalKafka
from pipeline.settings import Settings
from tests.emit.topics import make_topic, read_all

pytestmark = pytest.mark.real

VIEW = {
    "source": "storefront-web",
    "channel": "web",
    "type": "product_viewed",
    "customer_id": "42",
    "anonymous_id": "a-1",
    "data": {"product_id": "boots"},
}
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "ten_lines.py"


def test_what_is_absent_is_set_and_the_pipeline_accepts_it(kafka: LocalKafka, topic: str) -> None:
    with Producer(kafka.bootstrap, settings=Settings(), topic=topic) as producer:
        made = producer.send(VIEW)
    assert producer.acknowledged == 1
    [record] = read_all(kafka.bootstrap, topic)
    assert record.key() == b"customer:42"
    admitted = load(key=b"k" * 16).admit(record.value(), (), now_ms())
    assert isinstance(admitted, Interaction)
    assert admitted.id == made
    assert abs(admitted.time - now_ms()) < 60_000
    assert "sent_at" in json.loads(record.value())


@pytest.mark.parametrize("topic", ["stitch", "watch"])
def test_topics_that_workers_keep_for_themselves_are_refused(topic: str) -> None:
    for kind in (Producer, AsyncProducer):
        with pytest.raises(EmitError, match="workers keep for themselves"):
            kind(settings=Settings(), topic=topic)


def test_what_is_given_stays(kafka: LocalKafka, topic: str) -> None:
    happened = datetime.now(UTC).isoformat(timespec="milliseconds")
    with Producer(kafka.bootstrap, settings=Settings(), topic=topic) as producer:
        assert producer.send({**VIEW, "id": "mine", "time": happened, "sent_at": happened}) == "mine"
    [record] = read_all(kafka.bootstrap, topic)
    sent = json.loads(record.value())
    assert (sent["id"], sent["time"], sent["sent_at"]) == ("mine", happened, happened)


def test_a_bad_interaction_raises_with_reason_and_path_and_is_not_sent(kafka: LocalKafka, topic: str) -> None:
    bad = {**VIEW, "type": "products_searched", "data": {"query": "boots", "results_count": -1}}
    with Producer(kafka.bootstrap, settings=Settings(), topic=topic) as producer:
        with pytest.raises(RefusedError) as refused:
            producer.send(bad)
        producer.send(VIEW)
    assert refused.value.reason == "invalid_data"
    assert refused.value.path == "$.data.results_count"
    assert "results_count" in refused.value.detail
    assert len(read_all(kafka.bootstrap, topic)) == 1


async def test_the_async_producer_flushes_on_exit(kafka: LocalKafka, topic: str) -> None:
    async with AsyncProducer(kafka.bootstrap, settings=Settings(), topic=topic) as producer:
        for number in range(300):
            await producer.send({**VIEW, "customer_id": f"{number}"})
    assert producer.acknowledged == 300
    assert len(read_all(kafka.bootstrap, topic)) == 300


def test_sources_find_their_topics(kafka: LocalKafka, topic: str) -> None:
    topics = (f"{topic}.first", "interactions.support")
    for name in topics:
        make_topic(kafka.bootstrap, name)
    with Producer(kafka.bootstrap, settings=Settings(source_topics=topics)) as producer:
        producer.send(VIEW)
        producer.send({**VIEW, "source": "helpdesk", "channel": "chat"})
    assert [len(read_all(kafka.bootstrap, name)) for name in topics] == [1, 1]


def test_a_closed_producer_says_so() -> None:
    with pytest.raises(EmitError, match="with statement"):
        Producer("127.0.0.1:1", settings=Settings()).send(VIEW)


def test_kafka_that_is_away_raises_when_it_is_opened() -> None:
    with (
        pytest.raises(EmitError, match=r"cannot reach Kafka at 127\.0\.0\.1:1 "),
        Producer("127.0.0.1:1", settings=Settings()),
    ):
        pass


def test_the_ten_line_example_publishes(kafka: LocalKafka, tmp_path: Path) -> None:
    make_topic(kafka.bootstrap, "interactions.web")
    code = [line for line in EXAMPLE.read_text().splitlines()[1:] if line.strip()]
    assert len(code) <= 10
    ran = subprocess.run(
        [sys.executable, EXAMPLE],
        cwd=tmp_path,
        env={"CXSTREAM_KAFKA_BOOTSTRAP": kafka.bootstrap, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "2 interactions acknowledged\n", ran.stderr
    types = {json.loads(record.value())["type"] for record in read_all(kafka.bootstrap, "interactions.web")}
    assert types == {"products_searched", "product_added"}
