"""What is final, on the real servers: it goes on whoever is killed or stalls, and never runs ahead of what is in the tables."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from rich.console import Console

from pipeline.cli.demonstration import Demonstration
from pipeline.cli.examine.finality import _watchers, finality
from pipeline.local.stack import LocalStack
from pipeline.meaning import meaning_of
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.read import Reader
from pipeline.verify import verify

SKEW = 5
PEOPLE = range(1, 21)
BEGINS = "this worker decides what is final"
SHOWN = "SELECT toUnixTimestamp64Milli(watermark), toUnixTimestamp64Milli(heard) FROM cx.watermark"
OWNERS = """
    SELECT customer, count(), max(time) FROM cx.touchpoints
    WHERE toUnixTimestamp64Milli(time) < {until:Int64} GROUP BY customer ORDER BY customer
"""


def now() -> int:
    return int(time.time() * 1000)


class Traffic:
    """People whose carts are seen alone; a cart belongs to a browser, that to an email, that to a customer. On time, always."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ended = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._publish()), daemon=True)
        self.published = 0
        self.late_from = sys.maxsize
        """Time of the first record that Kafka took too late: this machine is slow, and what it says is a late source's."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)

    async def _publish(self) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self._settings.kafka_bootstrap, acks="all") as producer:
            for person in PEOPLE:
                chain = [f"c{person}", f"a{person}", f"p{person}@example.com", f"{person}"]
                pairs = list(zip(["cart_id", "anonymous_id", "email", "customer_id"], chain, strict=True))
                for n in range(3):
                    await self._send(producer, "page_viewed", data={"path": "/"}, **dict(pairs[n : n + 2]))
            while not self._ended.is_set():
                await self._send(producer, "cart_viewed", cart_id=f"c{random.choice(PEOPLE)}")
                await asyncio.sleep(0.03)

    async def _send(self, producer: AIOKafkaProducer, kind: str, **fields: Any) -> None:
        """To the topic of the web only: the others stay silent."""
        self.published += 1
        record = {"id": f"i{self.published}", "source": "shop", "type": kind, "channel": "web", **fields}
        time = now()
        value = msgspec.json.encode(record | {"time": time})
        partition = random.randrange(self._settings.source_partitions)
        await producer.send_and_wait(self._settings.source_topics[0], value, partition=partition)
        if now() - time > SKEW * 1000 - 500:
            self.late_from = min(self.late_from, time)


class Watching:
    """Samples of what is called final, and whose everything before it was at that moment."""

    def __init__(self, settings: Settings) -> None:
        self._reader = Reader(server_of(settings, "analyst"))
        self.final = 0
        self.samples: list[tuple[int, list[tuple[Any, ...]]]] = []

    def look(self) -> int:
        """Look once; what is final never falls, and is never ahead of what was heard."""
        final, heard = self._reader.query(SHOWN).rows[0]
        assert self.final <= final
        assert final <= heard or final == 0
        if final > self.final:
            self.final = final
            self.samples.append((final, self.owners(final)))
        return final

    def owners(self, until: int) -> list[tuple[Any, ...]]:
        return self._reader.query(OWNERS, {"until": until}).rows

    def until(self, what: Callable[[], bool], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, (
                f"it did not happen; final up to {(now() - self.final) / 1000} s ago"
            )
            self.look()
            time.sleep(0.2)

    def passes(self, moment: int) -> None:
        """Wait until what happened by then is final."""
        self.until(lambda: self.look() > moment)


class Workers:
    """Worker processes, each with a log of its own."""

    def __init__(self, stack: LocalStack, directory: Path) -> None:
        self._stack = stack
        self._directory = directory
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        environment = {**os.environ, **self._stack.environment(), "CXSTREAM_TELEMETRY_PORT": "0"}
        with self._log(len(self.all)).open("wb") as log:
            command = [sys.executable, "-m", "pipeline", "worker"]
            self.all.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

    def _log(self, number: int) -> Path:
        return self._directory / f"worker-{number}.log"

    def begun(self) -> list[int]:
        """How often each began to watch."""
        return [self._log(number).read_text().count(BEGINS) for number in range(len(self.all))]

    def stop(self) -> None:
        for process in self.all:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.all:
            process.wait(40)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    more = {
        "watermark_skew_seconds": SKEW,
        "source_partitions": 2,
        "stitch_partitions": 4,
        "flush_linger_seconds": 0.1,
    }
    with LocalStack(tmp_path / "data", more=more) as running:
        yield running


@pytest.fixture
def workers(stack: LocalStack, tmp_path: Path) -> Iterator[Workers]:
    group = Workers(stack, tmp_path)
    yield group
    group.stop()


@pytest.mark.timeout(590)
def test_it_goes_on_whoever_is_killed_or_stalls_and_what_was_final_stays(
    stack: LocalStack, workers: Workers
) -> None:
    settings = stack.settings()
    watching = Watching(settings)
    workers.start()
    workers.start()
    with Traffic(settings) as traffic:
        watching.passes(now())  # although two source topics are silent: they are proven idle
        watching.until(lambda: sum(workers.begun()) >= 1)
        assert asyncio.run(_watchers(settings)) == 1

        watcher = max(range(2), key=workers.begun().__getitem__)
        workers.all[watcher].kill()
        watching.passes(now())
        assert workers.begun()[1 - watcher] >= 1, "the other one watches"

        workers.start()
        watching.passes(now() + 3000)
        assert asyncio.run(_watchers(settings)) == 1
        stalled = workers.all[1 - watcher]
        stalled.send_signal(signal.SIGSTOP)
        moment = now()
        while now() < moment + 3000:  # less than a session: its partitions are still its own
            assert watching.look() <= moment
            time.sleep(0.1)
        watching.passes(moment)  # the others have taken over
        stalled.send_signal(signal.SIGCONT)
        watching.passes(now())
        (found,) = finality(settings)
        assert found.verdict == "good"
    asyncio.run(Demonstration(stack, Console(quiet=True)).settle("after"))
    assert traffic.published > 300
    samples = [sample for sample in watching.samples if sample[0] <= traffic.late_from]
    assert len(samples) > 5
    assert [until for until, owners in samples if watching.owners(until) != owners] == []
    customers = {customer for _, owners in samples for customer, *_ in owners}
    assert customers == {f"customer:{person}" for person in PEOPLE}, (
        "each cart had come to its customer by then"
    )
    differences = verify(server_of(settings, "writer"), meaning_of(settings))
    assert [difference.rows for difference in differences] == [0] * len(differences)
