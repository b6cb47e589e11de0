"""Topics of one's own in a real Kafka, read by another client."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # it is public

PARTITIONS = 4
SECONDS = 30


def make_topic(bootstrap: str, name: str) -> None:
    """Make a topic, and wait until every partition has a leader that knows it."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        made.result(SECONDS)
    consumer = _consumer(bootstrap)
    try:
        _ends(consumer, name)
    finally:
        consumer.close()


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Every record of a topic, by partition and offset."""
    consumer = _consumer(bootstrap)
    try:
        wanted = sum(_ends(consumer, topic))
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        records: list[Any] = []
        while len(records) < wanted:
            more = consumer.consume(wanted - len(records), SECONDS)
            assert more, f"{topic} has {wanted} records, only {len(records)} came"
            records += more
    finally:
        consumer.close()
    assert [record.error() for record in records if record.error()] == []
    return sorted(records, key=lambda record: (record.partition(), record.offset()))


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "reader",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 10,
        }
    )


def _ends(consumer: Consumer, topic: str) -> list[int]:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            return [consumer.get_watermark_offsets(place, timeout=SECONDS)[1] for place in places]
        except KafkaException:  # a leader is not there at once
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
