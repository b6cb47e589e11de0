"""Up to when numbers are final, and if that stands still, what holds it up: a raw partition, a stitch partition, or that nobody watches."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError

from pipeline.cli.examine.finding import Finding
from pipeline.cli.reading import reading, sql_of
from pipeline.core.meaning import SECOND
from pipeline.emit.connection import connection_of
from pipeline.settings import Settings
from pipeline.store.errors import StoreError

_USUAL: Final = 120 * SECOND
"""Beside the skew: a flush, the next word of an idle partition, and the rounds take a few seconds; more is worth a look."""
_PATIENCE: Final = 15.0


class Heard(NamedTuple):
    """How far everything has come, in ms."""

    final: int
    stitch: Mapping[int, int]
    """Stitch partition → its watermark; the declared ones, 0 where there is none."""
    raw: Mapping[str, int]
    """"topic/partition" → the newest watermark of it that any stitch partition heard; the declared ones, 0 where there is none."""

    @classmethod
    def read(cls, settings: Settings) -> Self | None:
        """Read the views; None where nothing was ever read. Raises StoreError."""
        with reading(settings) as read:
            rows = read(sql_of("doctor_finality"), {}).records()
        if not rows:
            return None
        stitch = dict.fromkeys(range(settings.stitch_partitions), 0)
        numbers = range(settings.source_partitions)
        raw = {f"{topic}/{number}": 0 for topic in settings.source_topics for number in numbers}
        for row in rows:
            stitch[row["partition"]] = row["until"]
            for source, at in msgspec.json.decode(row["heard"], type=dict[str, int]).items():
                if source in raw:
                    raw[source] = max(raw[source], at)
        return cls(rows[0]["final"], stitch, raw)


def finality(settings: Settings) -> Iterator[Finding]:
    """Findings about what is final; none where the views cannot be read, which others report."""
    try:
        heard = Heard.read(settings)
    except StoreError:
        return
    if heard is None:
        yield Finding("finality", "good", "nothing is final: nothing was read yet")
        return
    since = int(time.time() * 1000) - settings.watermark_skew_seconds * SECOND - _USUAL
    if heard.final >= since:
        yield Finding("finality", "good", f"numbers are final up to {_clock(heard.final)}")
        return
    found = f"stands: numbers are final up to {_clock(heard.final)}"
    why, cure = stands(heard, since) or _undecided(settings)
    yield Finding("finality", "attention", f"{found}; {why}", cure)


def stands(heard: Heard, since: int) -> tuple[str, str] | None:
    """Give which partition holds everything up, and what to do; None where all were heard since."""
    source, at = min(heard.raw.items(), key=lambda one: one[1])
    if at < since:
        why = (
            f"raw partition {source} stands at {_clock(at)}"
            if at
            else f"raw partition {source} was never heard"
        )
        return why, (
            "a worker tells that a partition is idle once it has read all of it: see lag and worker. "
            "If there is no such partition any more: source_topics, source_partitions"
        )
    number, at = min(heard.stitch.items(), key=lambda one: one[1])
    if at < since:
        why = (
            f"stitch partition {number} has come to {_clock(at)}"
            if at
            else f"stitch partition {number} was never read"
        )
        return why, "fine while its lag shrinks; else see the log of the worker that reads it"
    return None


def _undecided(settings: Settings) -> tuple[str, str]:
    """What to say where everything was heard, and is not final."""
    try:
        watchers = asyncio.run(asyncio.wait_for(_watchers(settings), _PATIENCE))
    except (KafkaError, OSError, TimeoutError):
        watchers = 0
    if not watchers:
        why = f"nobody watches: no worker of {settings.kafka_group} reads {settings.watch_topic}"
        return (
            why,
            "start one: cxstream worker; a worker without the right to read that topic says so in its log",
        )
    return (
        "a worker watches, and words are still on their way",
        "fine while the lag of stitch is not 0; else see the worker's log",
    )


async def _watchers(settings: Settings) -> int:
    """How many workers have the partition of the watch topic: one, or none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings))
    await admin.start()
    try:
        described = await admin.describe_consumer_groups([settings.kafka_group])
    finally:
        await admin.close()
    # Each group: error, name, state, protocol type, protocol, members, …; each member ends with its assignment
    assignments = (member[-1] for answer in described for group in answer.groups for member in group[5])
    decoded = (ConsumerProtocolMemberAssignment.decode(raw) for raw in assignments if raw)
    return sum(settings.watch_topic in dict(each.assignment) for each in decoded)


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + " UTC" if at else "1970"
