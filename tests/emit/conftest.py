"""The real Kafka, and a topic of one's own in it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from pipeline.local.kafka import LocalKafka
from tests.local.kafka_fixture import kafka

__all__ = ["kafka"]

PARTITIONS = 4


@pytest.fixture
def topic(kafka: LocalKafka) -> str:
    name = f"interactions.{uuid4().hex[:8]}"
    make_topic(kafka.bootstrap, name)
    return name


def make_topic(bootstrap: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        made.result(30)


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, by partition and offset, read by another client."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False})
    try:
        return [record for number in range(PARTITIONS) for record in _partition(consumer, topic, number)]
    finally:
        consumer.close()


def _partition(consumer: Any, topic: str, number: int) -> Iterator[Any]:
    place = TopicPartition(topic, number, 0)
    _, end = consumer.get_watermark_offsets(place, timeout=30)
    consumer.assign([place])
    read = 0
    while read < end:
        record = consumer.poll(30)
        assert record is not None, f"{topic}/{number} has {end} records, only {read} came"
        assert record.error() is None
        read += 1
        yield record
