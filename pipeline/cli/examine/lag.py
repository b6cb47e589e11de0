"""How much waits in the topics, and whether anybody reads it.

Records that wait are fine while a worker catches up. Without a worker they wait for ever: that is wrong.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from pipeline.cli.examine.finding import Finding
from pipeline.cli.examine.worker import answers
from pipeline.emit.connection import connection_of
from pipeline.settings import Settings

_AGAIN_SECONDS: Final = 3.0
"""A worker that has just been started is a member by then."""


class Lag(NamedTuple):
    """Records by topic that the group has not acknowledged, and how many workers the group has."""

    waiting: Counter[str]
    workers: int


async def lag(settings: Settings, partitions: Sequence[TopicPartition]) -> Lag:
    """Look at what waits; where nobody seems to read it, look again a little later."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings))
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings))
    try:
        await asyncio.gather(admin.start(), consumer.start())
        looked = await _look(settings, admin, consumer, partitions)
        if _is_much(settings, looked.waiting) and not looked.workers:
            await asyncio.sleep(_AGAIN_SECONDS)
            later = await _look(settings, admin, consumer, partitions)
            moves = later.waiting.total() < looked.waiting.total()
            return later._replace(workers=max(later.workers, int(moves)))
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    return looked


def finding(settings: Settings, looked: Lag) -> Finding:
    """Give what is to be said of it."""
    found = ", ".join(f"{topic} {number:,}" for topic, number in looked.waiting.items() if number)
    if not _is_much(settings, looked.waiting):
        return Finding("lag", "good", found or "nothing waits")
    if not looked.workers and not answers(settings):
        return Finding(
            "lag",
            "wrong",
            f"records that wait: {found}; nobody reads them, the group {settings.kafka_group} has no worker",
            "start one: cxstream worker; or, of the local stack, everything: cxstream up",
        )
    return Finding(
        "lag",
        "attention",
        f"records that wait: {found}",
        f"fine while it shrinks; else see the workers of {settings.kafka_group}",
    )


def _is_much(settings: Settings, waiting: Counter[str]) -> bool:
    """Whether it is more than a watermark on its way to each stitch partition."""
    stitch = waiting[settings.stitch_topic]
    return waiting.total() > stitch or stitch > settings.stitch_partitions


async def _look(
    settings: Settings,
    admin: AIOKafkaAdminClient,
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
) -> Lag:
    committed = await _committed(admin, settings.kafka_group)
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    waiting: Counter[str] = Counter()
    for one in partitions:
        read = committed[one].offset if one in committed and committed[one].offset >= 0 else first[one]
        waiting[one.topic] += max(end[one] - read, 0)
    described = await admin.describe_consumer_groups([settings.kafka_group])
    # Each group: error, name, state, protocol type, protocol, members, …
    return Lag(waiting, sum(len(group[5]) for answer in described for group in answer.groups))


async def _committed(admin: AIOKafkaAdminClient, group: str) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """What the group has acknowledged. A new cluster has no coordinator until the first time one asks."""
    while True:
        try:
            committed: Mapping[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
                group
            )
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(0.5)
        else:
            return committed
