"""The demo's run: a made-up shop goes through a real Kafka, real agents and the real ClickHouse engine.

What comes in: a stack that runs, and a shop. What goes out: live progress, and the state once everything is read.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from rich.console import Console

from pipeline.cli.reading import sql_of
from pipeline.emit.bulk import Sendable, publish
from pipeline.kafka.offsets import GroupLag, group_lag
from pipeline.local.process import LocalServerError
from pipeline.local.stack import LocalStack
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.read import Reader

_LOOK_SECONDS: Final = 0.5
_STUCK_SECONDS: Final = 120.0
_COUNT_SECONDS: Final = 2.0
"""Windows are many: they are counted less often than looked at."""
_FINAL_SECONDS: Final = 20.0
_FRESH_SECONDS: Final = 600.0


class Reading(NamedTuple):
    """How things stand at one moment."""

    published: int
    stored: int
    rejected: int
    raw_lag: int
    stitch_lag: int
    windows: int
    final: int
    """Windows that are final."""


class Windows(NamedTuple):
    """How many windows there are, how many are final, and up to when, in ms."""

    windows: int
    final: int
    until: int


class Demonstration:
    """One stack, one group of workers, and a console to tell on."""

    def __init__(self, stack: LocalStack, console: Console) -> None:
        self.stack = stack
        self.settings: Settings = stack.settings()
        self.console = console
        self.reader = Reader(server_of(self.settings, "analyst"))
        self._published = 0
        self._windows = Windows(0, 0, 0)
        self._counted_at = 0.0

    async def run(
        self, records: Sequence[Sendable], *, title: str, disturb: Callable[[Reading], None] | None = None
    ) -> float:
        """Publish, and wait until all is in the tables; give the seconds. `disturb` hears every reading.

        Raises:
            LocalServerError: the worker ended, or nothing moves any more.
        """
        started = time.monotonic()
        async with self._lag() as lag:
            publishing = asyncio.create_task(publish(self.settings.kafka_bootstrap, records, self._note))
            try:
                await self._watch(lag, publishing, title, disturb)
            finally:
                publishing.cancel()
        return time.monotonic() - started

    async def settle(self, title: str, disturb: Callable[[Reading], None] | None = None) -> float:
        """Wait until what the topics hold is in the tables; give the seconds."""
        started = time.monotonic()
        async with self._lag() as lag:
            await self._watch(lag, None, title, disturb)
        return time.monotonic() - started

    def _note(self, acknowledged: int) -> None:
        self._published = acknowledged

    @asynccontextmanager
    async def _lag(self) -> AsyncIterator[GroupLag]:
        settings = self.settings
        partitions = [(t, n) for t in settings.source_topics for n in range(settings.source_partitions)]
        partitions += [(settings.stitch_topic, n) for n in range(settings.stitch_partitions)]
        async with group_lag(settings.kafka_bootstrap, settings.kafka_group, partitions) as lag:
            yield lag

    async def _watch(
        self,
        lag: GroupLag,
        publishing: "asyncio.Task[int] | None",
        title: str,
        disturb: Callable[[Reading], None] | None,
    ) -> None:
        last, moved, quiet = Reading(0, 0, 0, -1, -1, 0, 0), time.monotonic(), 0
        with self.console.status(title) as status:
            began, before = time.monotonic(), await self._read(lag)
            while quiet < 2:  # noqa: PLR2004 - two equal readings
                await asyncio.sleep(_LOOK_SECONDS)
                if publishing is not None and publishing.done():
                    publishing.result()
                reading = await self._read(lag)
                line = _line(title, reading, before, time.monotonic() - began)
                status.update(line)
                if not self.console.is_terminal and int(time.monotonic() - began) % 5 == 0:
                    self.console.print(line)
                if disturb is not None:
                    disturb(reading)
                elif failure := self.stack.worker_failure():
                    raise LocalServerError(f"{failure}\nIts log: {failure.log}")
                if reading != last:
                    last, moved = reading, time.monotonic()
                elif time.monotonic() - moved > _STUCK_SECONDS:
                    raise LocalServerError(f"nothing has moved for {_STUCK_SECONDS:.0f} s: {reading}")
                done = publishing is None or publishing.done()
                quiet = quiet + 1 if done and not (reading.raw_lag or reading.stitch_lag) else 0

    async def _read(self, lag: GroupLag) -> Reading:
        lags = await lag.by_partition()
        stitch = sum(n for (topic, _), n in lags.items() if topic == self.settings.stitch_topic)
        counted = await asyncio.to_thread(
            self.reader.query, "SELECT sum(stored + duplicate), sum(rejected) FROM cx.intake_by_minute"
        )
        stored, rejected = counted.rows[0]
        if time.monotonic() - self._counted_at > _COUNT_SECONDS:
            self._windows, self._counted_at = await asyncio.to_thread(self.windows), time.monotonic()
        raw, (windows, final, _) = sum(lags.values()) - stitch, self._windows
        return Reading(self._published, stored, rejected, raw, stitch, windows, final)

    def windows(self) -> Windows:
        """Count the windows."""
        return Windows(*self.reader.query(sql_of("demo_windows")).rows[0])

    def wait_for_final(self) -> Windows:
        """Wait for a while until the idle partitions have moved on with the broker's time, and what they say is final."""
        deadline = time.monotonic() + _FINAL_SECONDS
        while True:
            counted = self.windows()
            if counted.until > (time.time() - _FRESH_SECONDS) * 1000 or time.monotonic() > deadline:
                return counted
            time.sleep(_LOOK_SECONDS)

    def checksums(self) -> dict[str, str]:
        """Give each view's checksum."""
        return self.reader.checksums()


def _line(title: str, reading: Reading, before: Reading, seconds: float) -> str:
    done = reading.stored + reading.rejected - before.stored - before.rejected
    rate = done / seconds if seconds else 0
    return (
        f"{title}: published {reading.published:,}  stored {reading.stored:,}  rejected {reading.rejected:,}  "
        f"lag {reading.raw_lag:,} records + {reading.stitch_lag:,} blocks  "
        f"final {reading.final:,} of {reading.windows:,} windows  {rate:,.0f}/s  {seconds:.0f} s"
    )
