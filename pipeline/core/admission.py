"""What admission writes and tells of raw records: rows of the archive, and messages for the stitch partitions.

What comes in: raw records and what the contract said of them. What goes out: rows of interactions, intake and
rejections; messages by stitch partition; the greatest time by raw partition. Nothing is lost: each record gives one
intake row, and either an archive row or a rejection.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol
from zlib import crc32

import msgspec

from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.meaning import DAY
from pipeline.core.message import Message, anchor_of, messages_of
from pipeline.core.row import IntakeRow, InteractionRow, RejectionRow

VERSION_BASE: Final = 2**62
"""The archive's version is this minus the corrected time, so that the earliest copy wins."""

_json: Final = msgspec.json.Encoder().encode


class Record(Protocol):
    """A raw Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


Admit = Callable[[bytes | None, Sequence[tuple[str, bytes]], int], Interaction | Rejection]


def partition_of(actor: str, partitions: int) -> int:
    """Give the stitch partition in which an actor lives."""
    return crc32(actor.encode()) % partitions


class Admission:
    """Gathers what a flush of raw records leaves behind."""

    def __init__(self, admit: Admit, partitions: int, *, epoch: int = 0, cap: int = 64 * 1024) -> None:
        self._admit = admit
        self._partitions = partitions
        self._epoch = epoch
        self._cap = cap
        """Bytes of a refused record that are kept."""
        self.interactions: list[InteractionRow] = []
        self.intake: list[IntakeRow] = []
        self.rejections: list[RejectionRow] = []
        self.messages: defaultdict[int, list[Message]] = defaultdict(list)
        self.newest: dict[tuple[str, int], int] = {}
        """Raw partition → greatest event time, never later than the broker's clock."""

    def add(self, records: Iterable[Record]) -> None:
        """Admit records of any raw partitions, best in the order in which the broker took them."""
        newest = self.newest
        for record in records:
            topic, partition = record.topic, record.partition
            admitted = self._admit(record.value, record.headers, record.timestamp)
            if isinstance(admitted, Rejection):
                self._refuse(topic, partition, record, admitted)
                continue
            time = min(admitted.time, admitted.received)
            if time > newest.get((topic, partition), 0):
                newest[topic, partition] = time
            self.interactions.append(interaction_row(admitted))
            self.intake.append(
                IntakeRow(
                    topic,
                    self._epoch,
                    partition,
                    record.offset,
                    "accepted",
                    admitted.hash,
                    admitted.source,
                    record.timestamp,
                )
            )
            for message in messages_of(admitted):
                self.messages[partition_of(message.actor, self._partitions)].append(message)

    def _refuse(self, topic: str, partition: int, record: Record, rejection: Rejection) -> None:
        self.intake.append(
            IntakeRow(
                topic,
                self._epoch,
                partition,
                record.offset,
                rejection.reason,
                0,
                rejection.source,
                record.timestamp,
            )
        )
        if rejection.reason != "no_consent":  # counted, and neither stored nor kept
            self.rejections.append(rejection_row(topic, partition, self._epoch, record, rejection, self._cap))


def interaction_row(one: Interaction) -> InteractionRow:
    """Give the archive's row."""
    return InteractionRow(
        one.sent_time // DAY,
        one.type,
        one.sent_time,
        one.source,
        one.id,
        one.hash,
        one.time,
        one.received,
        one.schema,
        one.area,
        int(one.passive),
        one.channel,
        one.identifiers,
        anchor_of(one),
        "" if one.consent is None else _json(one.consent).decode(),
        one.context_json,
        one.data_json,
        VERSION_BASE - one.time,
    )


def rejection_row(
    topic: str, partition: int, epoch: int, record: Record, rejection: Rejection, cap: int
) -> RejectionRow:
    """Give the dead letter: the record as it came, cut at a cap, and why it was refused."""
    value = record.value or b""
    headers = {name: text.decode("latin-1") for name, text in record.headers}
    return RejectionRow(
        topic,
        partition,
        record.offset,
        epoch,
        record.timestamp,
        rejection.reason,
        rejection.path,
        rejection.detail,
        rejection.source,
        rejection.type,
        rejection.id,
        value[:cap],
        len(value),
        hashlib.sha256(value).hexdigest(),
        _json(headers).decode(),
        record.key or b"",
    )
