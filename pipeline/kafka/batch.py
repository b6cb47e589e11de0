"""A slice: consecutive records of one partition, as one item of a Faust stream."""

from collections.abc import Sequence
from typing import Protocol


class Record(Protocol):
    """A record as aiokafka fetched it: raw bytes."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """ms since 1970-01-01 UTC; the broker's append time where the topic says LogAppendTime."""
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class RecordBatch:
    """Consecutive records of one partition; never empty."""

    __slots__ = ("end", "number", "partition", "records", "token", "topic")

    def __init__(
        self, topic: str, partition: int, records: Sequence[Record], *, token: int, number: int, end: int
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.records = records
        self.token = token
        """Another one whenever positions may have moved back: what was cached for the partition is then stale."""
        self.number = number
        """Counts the partition's slices of one token, from 0."""
        self.end = end
        """Offset after the partition's last record, as the fetch answer told."""

    @property
    def first(self) -> int:
        """Offset of the first record."""
        return self.records[0].offset

    @property
    def last(self) -> int:
        """Offset of the last record."""
        return self.records[-1].offset

    def __len__(self) -> int:
        return len(self.records)
