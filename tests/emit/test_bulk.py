"""Bulk publishing on a real Kafka."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

import pytest
from confluent_kafka import Producer as OtherProducer

from pipeline.emit.bulk import BulkPublisher, publish
from pipeline.emit.connection import EmitError
from pipeline.local.kafka import LocalKafka
from tests.emit.topics import make_topic, read_all

pytestmark = pytest.mark.real


@dataclass
class Record:
    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def of_customers(topic: str, count: int) -> list[Record]:
    return [Record(topic, f"customer:{n % 50}".encode(), f"{n}".encode() * 40) for n in range(count)]


async def test_every_record_arrives_once_and_in_order_within_its_key(kafka: LocalKafka, topic: str) -> None:
    records = of_customers(topic, 20_000)
    heard: list[int] = []
    assert await publish(kafka.bootstrap, records, heard.append) == len(records)
    arrived = defaultdict(list)
    for record in read_all(kafka.bootstrap, topic):
        arrived[record.key()].append(record.value())
    for key in {record.key for record in records}:
        assert arrived[key] == [record.value for record in records if record.key == key]
    assert heard == sorted(heard)
    assert heard[-1] == len(records)


async def test_keys_go_to_the_partitions_that_other_clients_choose(kafka: LocalKafka, topic: str) -> None:
    other = f"{topic}.other"
    make_topic(kafka.bootstrap, other)
    records = of_customers(topic, 50)
    await publish(kafka.bootstrap, records)
    producer = OtherProducer({"bootstrap.servers": kafka.bootstrap, "partitioner": "murmur2_random"})
    for record in records:
        producer.produce(other, key=record.key, value=record.value)
    assert producer.flush(30) == 0
    ours, theirs = (
        {record.key(): record.partition() for record in read_all(kafka.bootstrap, name)}
        for name in (topic, other)
    )
    assert ours == theirs


async def test_records_without_a_key_take_turns(kafka: LocalKafka, topic: str) -> None:
    await publish(kafka.bootstrap, [Record(topic, None, b"%d" % n) for n in range(8)])
    assert sorted(record.partition() for record in read_all(kafka.bootstrap, topic)) == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
    ]


async def test_headers_and_records_larger_than_a_batch_survive(kafka: LocalKafka, topic: str) -> None:
    large = Record(topic, b"k", b"large " * 300_000, (("ce_type", "ชนิด".encode()),))
    await publish(kafka.bootstrap, [Record(topic, b"k", b"small"), large, Record(topic, b"k", b"last")])
    arrived = read_all(kafka.bootstrap, topic)
    assert [len(record.value()) for record in arrived] == [5, 1_800_000, 4]
    assert arrived[1].headers() == [("ce_type", "ชนิด".encode())]


async def test_a_missing_topic_is_named_with_the_way_out(kafka: LocalKafka) -> None:
    with pytest.raises(EmitError, match=r"no topic nowhere: `cxstream topics`"):
        await publish(kafka.bootstrap, of_customers("nowhere", 1))


async def test_kafka_that_is_away_is_named_with_the_way_out() -> None:
    with pytest.raises(EmitError, match=r"cannot reach Kafka at 127\.0\.0\.1:1 "):
        await publish("127.0.0.1:1", [])


async def test_a_flush_that_is_cancelled_while_it_waits_loses_nothing(kafka: LocalKafka, topic: str) -> None:
    records = [Record(topic, b"one lane", b"%06d" % n * 100) for n in range(20_000)]
    async with BulkPublisher(kafka.bootstrap) as bulk:
        for number, record in enumerate(records):
            await bulk.add(record)
            if number % 50 == 0:
                flushing = asyncio.create_task(bulk.flush())
                await asyncio.sleep(0)
                flushing.cancel()
    assert bulk.acknowledged == len(records)
    assert [record.value() for record in read_all(kafka.bootstrap, topic)] == [
        record.value for record in records
    ]
