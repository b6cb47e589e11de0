"""How far a consumer group is behind, as the brokers tell it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError


class GroupLag:
    """Asks for a group's lag, again and again, over two connections."""

    def __init__(self, admin: Any, consumer: Any, group: str, partitions: Iterable[tuple[str, int]]) -> None:
        self._admin = admin
        self._consumer = consumer
        self._group = group
        self._partitions = [TopicPartition(topic, number) for topic, number in partitions]

    async def by_partition(self) -> dict[tuple[str, int], int]:
        """Give how many records of each partition are not committed."""
        try:
            committed = await self._admin.list_consumer_group_offsets(self._group)
        except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):  # nobody has committed yet
            committed = {}
        ends = await self._consumer.end_offsets(self._partitions)
        starts = await self._consumer.beginning_offsets(self._partitions)
        lags = {}
        for tp in self._partitions:
            done = committed[tp].offset if tp in committed else starts[tp]
            lags[tp.topic, tp.partition] = max(ends[tp] - max(done, starts[tp]), 0)
        return lags


@asynccontextmanager
async def group_lag(
    bootstrap: str, group: str, partitions: Iterable[tuple[str, int]]
) -> AsyncIterator[GroupLag]:
    """Connect, and give what asks."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        yield GroupLag(admin, consumer, group, partitions)
    finally:
        await consumer.stop()
        await admin.close()
