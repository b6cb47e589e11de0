"""The batch transport on a real Kafka: whatever happens to workers, every acknowledged record is read."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.kafka import TransportError, make_app, transport
from pipeline.kafka.offsets import group_lag
from pipeline.local.kafka import LocalKafka

PARTITIONS = 4


async def make_topics(bootstrap: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    await admin.close()


async def send(bootstrap: str, topic: str, values: list[str], codec: str | None = None) -> list[str]:
    """Publish, and give what was acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", compression_type=codec)
    await producer.start()
    try:
        sent = [
            await producer.send(topic, v.encode(), partition=n % PARTITIONS) for n, v in enumerate(values)
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return values


async def lag(bootstrap: str, group: str, *topics: str) -> int:
    async with group_lag(bootstrap, group, [(t, n) for t in topics for n in range(PARTITIONS)]) as asking:
        return sum((await asking.by_partition()).values())


class Readers:
    """Worker processes of one group, and what they wrote."""

    def __init__(self, kafka: LocalKafka, directory: Path) -> None:
        self.bootstrap = kafka.bootstrap
        self.directory = directory
        self.topics = [f"in-{uuid4().hex}" for _ in range(2)]
        self.group = f"group-{uuid4().hex}"
        self.processes: list[subprocess.Popen[bytes]] = []
        asyncio.run(make_topics(self.bootstrap, *self.topics))

    def start(self, mode: str = "all") -> subprocess.Popen[bytes]:
        out = self.directory / f"{len(self.processes)}.out"
        command = [
            sys.executable,
            "-m",
            "tests.kafka.reader",
            self.bootstrap,
            self.group,
            str(out),
            mode,
            *self.topics,
        ]
        with (self.directory / f"{len(self.processes)}.log").open("wb") as log:
            self.processes.append(subprocess.Popen(command, stderr=log, stdout=log))
        return self.processes[-1]

    def read(self) -> list[str]:
        return [line for file in self.directory.glob("*.out") for line in file.read_text().splitlines()]

    def wait_for(self, what: Callable[[], bool], seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.2)

    def drain(self) -> None:
        self.wait_for(lambda: asyncio.run(lag(self.bootstrap, self.group, *self.topics)) == 0)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()


@pytest.fixture
def readers(kafka: LocalKafka, tmp_path: Path) -> Iterator[Readers]:
    group = Readers(kafka, tmp_path)
    yield group
    group.stop()


def values(count: int, mark: str = "") -> list[str]:
    return [f"{mark}{n}" for n in range(count)]


def test_kills_pauses_and_added_workers_lose_nothing_and_end_with_no_lag(readers: Readers) -> None:
    first, second = readers.start(), readers.start()
    expected: list[str] = []

    def publish(mark: str) -> None:
        for topic in readers.topics:
            expected.extend(asyncio.run(send(readers.bootstrap, topic, values(10_000, f"{mark}-{topic}-"))))

    publish("a")
    first.kill()
    publish("b")
    second.send_signal(signal.SIGSTOP)  # a stale worker: longer than the session
    third = readers.start()
    publish("c")
    readers.wait_for(lambda: len(readers.read()) > 20_000)
    second.send_signal(signal.SIGCONT)
    readers.start()
    publish("d")
    third.send_signal(signal.SIGTERM)
    publish("e")
    readers.drain()
    assert set(readers.read()) == set(expected)
    assert third.wait(20) == 0


def test_a_failing_agent_ends_the_process_and_loses_nothing(readers: Readers) -> None:
    failing = readers.start("raise:5000")
    expected = asyncio.run(send(readers.bootstrap, readers.topics[0], values(8_000)))
    assert failing.wait(40) != 0
    for file in readers.directory.glob("*.out"):
        file.write_text("")  # what the failing one read and did not acknowledge does not count
    acknowledged = 8_000 - asyncio.run(lag(readers.bootstrap, readers.group, readers.topics[0]))
    readers.start()
    readers.drain()
    assert len(set(readers.read())) >= len(expected) - acknowledged
    assert acknowledged < 5_000


def test_a_commit_never_passes_a_slice_that_is_not_acknowledged(readers: Readers) -> None:
    readers.start("hold")
    for mark in "ab":
        asyncio.run(send(readers.bootstrap, readers.topics[0], values(4_000, mark)))
    readers.wait_for(lambda: len(set(readers.read())) == 8_000)
    time.sleep(1)

    async def committed() -> dict[int, int | None]:
        consumer = AIOKafkaConsumer(bootstrap_servers=readers.bootstrap, group_id=readers.group)
        await consumer.start()
        try:
            tps = [TopicPartition(readers.topics[0], n) for n in range(PARTITIONS)]
            return {tp.partition: await consumer.committed(tp) for tp in tps}
        finally:
            await consumer.stop()

    held = [offset for offset in asyncio.run(committed()).values() if not offset]
    assert len(held) == 1, "one partition's head was held back, so it has no commit"


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
def test_every_codec_is_read(readers: Readers, codec: str) -> None:
    expected = asyncio.run(send(readers.bootstrap, readers.topics[0], values(500, codec), codec))
    readers.start()
    readers.drain()
    assert sorted(readers.read()) == sorted(expected)


def test_a_password_without_tls_is_refused() -> None:
    with pytest.raises(TransportError, match="without TLS is refused"):
        make_app(
            "g", bootstrap="127.0.0.1:9", user="someone", password=os.urandom(4).hex(), mechanism="PLAIN"
        )


def test_another_version_of_faust_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "version", lambda _: "0.99")
    with pytest.raises(TransportError, match=r"0\.15\.3"):
        make_app("g", bootstrap="127.0.0.1:9")
