"""Topics of one's own in a real Kafka, read by another client."""

from collections.abc import Iterator
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 4


def make_topic(bootstrap: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        made.result(30)


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, by partition and offset."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False})
    try:
        return [record for number in range(PARTITIONS) for record in _partition(consumer, topic, number)]
    finally:
        consumer.close()


def _partition(consumer: Consumer, topic: str, number: int) -> Iterator[Any]:
    place = TopicPartition(topic, number, 0)
    _, end = consumer.get_watermark_offsets(place, timeout=30)
    consumer.assign([place])
    for count in range(end):
        record = consumer.poll(30)
        assert record is not None, f"{topic}/{number} has {end} records, only {count} came"
        assert record.error() is None
        yield record
