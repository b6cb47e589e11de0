"""What admission writes and tells of raw records: rows of the archive, and messages for the stitch partitions.

What comes in: raw records and what the contract said of them. What goes out: rows of interactions, intake and
rejections; messages by stitch partition; the greatest time by raw partition. Nothing is lost: each record gives one
intake row, and either an archive row or a rejection.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol
from zlib import crc32

import msgspec

from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.meaning import DAY
from pipeline.core.message import Message
from pipeline.core.row import IntakeRow, InteractionRow, RejectionRow
from pipeline.core.telling import Reads, messages_of

VERSION_BASE: Final = 2**62
"""The archive's version is this minus the corrected time, so that the earliest copy wins."""

_json: Final = msgspec.json.Encoder().encode
_row: Final = tuple.__new__
"""Makes a row of its fields in their order, for a third less than its own constructor."""


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

    def __init__(
        self,
        admit: Admit,
        partitions: int,
        *,
        epoch: int = 0,
        cap: int = 64 * 1024,
        reads: Reads = MappingProxyType({}),
    ) -> None:
        self._admit = admit
        self._partitions = partitions
        self._epoch = epoch
        self._cap = cap
        """Bytes of a refused record that are kept."""
        self._reads = reads
        self.interactions: list[InteractionRow] = []
        self.intake: list[IntakeRow] = []
        self.rejections: list[RejectionRow] = []
        self.messages: defaultdict[int, list[Message]] = defaultdict(list)
        self.newest: dict[tuple[str, int], int] = {}
        """Raw partition → greatest event time, never later than the broker's clock."""

    def add(self, records: Iterable[Record]) -> None:
        """Admit records of any raw partitions, best in the order in which the broker took them."""
        admit, keep, newest = self._admit, self.interactions.append, self.newest
        messages, partitions, reads = self.messages, self._partitions, self._reads
        for record in records:
            one = admit(record.value, record.headers, record.timestamp)
            if isinstance(one, Rejection):
                self._refuse(record, one)
                continue
            raw, time = (record.topic, record.partition), min(one.time, one.received)
            if time > newest.get(raw, 0):
                newest[raw] = time
            keep(interaction_row(one))
            self._note(record, "accepted", one.hash, one.source)
            for message in messages_of(one, reads):
                messages[crc32(message.actor.encode()) % partitions].append(message)

    def _note(self, record: Record, outcome: str, hash_: int, source: str) -> None:
        topic, partition, offset, received = record.topic, record.partition, record.offset, record.timestamp
        fields = (topic, self._epoch, partition, offset, outcome, hash_, source, received)
        self.intake.append(_row(IntakeRow, fields))

    def _refuse(self, record: Record, refused: Rejection) -> None:
        self._note(record, refused.reason, 0, refused.source)
        if refused.reason != "no_consent":  # counted, and neither stored nor kept
            self.rejections.append(rejection_row(self._epoch, record, refused, self._cap))


def interaction_row(one: Interaction) -> InteractionRow:
    """Give the archive's row."""
    identifiers, consent = one.identifiers, one.consent
    return _row(
        InteractionRow,
        (
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
            identifiers,
            identifiers[0] if identifiers else "",
            "" if consent is None else _purposes(consent),
            one.context_json,
            one.data_json,
            VERSION_BASE - one.time,
        ),
    )


@lru_cache(maxsize=256)
def _purposes(consent: tuple[str, ...]) -> str:
    return _json(consent).decode()


def rejection_row(epoch: int, record: Record, rejection: Rejection, cap: int) -> RejectionRow:
    """Give the dead letter: the record as it came, cut at a cap, and why it was refused."""
    value = record.value or b""
    headers = {name: (text or b"").decode("latin-1") for name, text in record.headers}
    return RejectionRow(
        record.topic,
        record.partition,
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
