"""A real Kafka of one's own: what it keeps, what it refuses, and that nothing of it is left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline.local.kafka import LocalKafka
from pipeline.local.port import Port, free_port, listens
from pipeline.local.process import LocalServerError, is_over, start, stop

OWNER = """
import sys, time
from pathlib import Path
from pipeline.local.kafka import LocalKafka
kafka = LocalKafka(Path(sys.argv[1]))
kafka.start()
print(kafka.pid, kafka.bootstrap, flush=True)
time.sleep(600)
"""
"""A process that has a broker and then does nothing."""


async def make(kafka: LocalKafka, topic: str, **config: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=config)])
    await admin.close()


async def send(kafka: LocalKafka, topic: str, value: bytes, at: int | None = None) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value, timestamp_ms=at)


async def read(kafka: LocalKafka, topic: str) -> tuple[bytes, int]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(20):
        record = await consumer.getone()
        return record.value, record.timestamp


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker that a test may stop and kill."""
    with LocalKafka(tmp_path / "own") as server:
        yield server


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has a broker in the directory "owned"."""
    command = [sys.executable, "-c", OWNER, str(tmp_path / "owned")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def told(owner: subprocess.Popen[str]) -> tuple[int, str]:
    assert owner.stdout is not None
    pid, bootstrap = owner.stdout.readline().split()
    return int(pid), bootstrap


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not is_over(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_over(pid)


async def test_data_and_address_are_kept_over_a_stop_and_over_a_kill(own: LocalKafka) -> None:
    address = own.bootstrap
    await make(own, "kept")
    await send(own, "kept", b"before")
    own.stop()
    assert own.pid == 0
    own.start()
    assert (await read(own, "kept"))[0] == b"before"

    os.kill(own.pid, signal.SIGKILL)
    own.stop()
    own.start()
    assert (await read(own, "kept"))[0] == b"before"
    assert own.bootstrap == address


async def test_with_log_append_time_the_brokers_clock_stamps_records(kafka: LocalKafka) -> None:
    await make(kafka, "stamped", **{"message.timestamp.type": "LogAppendTime"})
    began = int(time.time() * 1000)
    await send(kafka, "stamped", b"x", at=1)
    value, stamp = await read(kafka, "stamped")
    assert value == b"x"
    assert began <= stamp <= int(time.time() * 1000)


def test_it_listens_on_loopback_only(kafka: LocalKafka) -> None:
    connections = psutil.Process(kafka.pid).net_connections("tcp")
    addresses = {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}
    assert addresses
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_a_second_one_in_the_same_directory_is_refused_while_the_first_lives(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    pid, _ = told(owner)
    with pytest.raises(LocalServerError, match=r"owned is in use by another process's Kafka"):
        LocalKafka(tmp_path / "owned").start()
    assert not is_over(pid)


def test_started_twice_it_says_so(kafka: LocalKafka) -> None:
    with pytest.raises(LocalServerError, match=f"started already, as process {kafka.pid}"):
        kafka.start()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops it")
def test_the_broker_dies_with_its_parent(owner: subprocess.Popen[str]) -> None:
    pid, _ = told(owner)
    owner.kill()
    assert gone(pid)


def test_the_next_start_stops_an_orphan(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LocalKafka(data) as first:
        command, port = psutil.Process(first.pid).cmdline(), int(first.bootstrap.rpartition(":")[2])
    # As where the kernel does not kill it: a process of nobody's, with the broker's command line.
    orphan = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (data / "kafka.pid").write_text(str(orphan.pid))
    while not listens(orphan.pid, port):
        assert orphan.poll() is None
        time.sleep(0.05)
    with LocalKafka(data) as second:
        assert is_over(orphan.pid)
        assert second.pid != orphan.pid


def test_a_strangers_process_with_the_pid_of_an_orphan_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    data = tmp_path / "data"
    data.mkdir()
    (data / "kafka.pid").write_text(str(stranger.pid))
    with LocalKafka(data):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_port_that_is_taken_is_named_with_the_end_of_the_log(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = LocalKafka(tmp_path / "data", port=taken.getsockname()[1])
        with pytest.raises(LocalServerError, match=r"(?s)kafka\.log.*Address already in use"):
            server.start()
    assert server.pid == 0


def test_where_a_free_port_is_taken_in_between_it_takes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [Port(taken.getsockname()[1]), *(Port(free_port()) for _ in range(3))]
        monkeypatch.setattr("pipeline.local.kafka.choose", lambda *_: ports.pop(0))
        with LocalKafka(tmp_path / "data") as server:
            assert server.bootstrap != f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_child_outlives_the_thread_that_started_it_and_ctrl_c(tmp_path: Path) -> None:
    async def in_a_thread_that_ends() -> subprocess.Popen[bytes]:
        return await asyncio.to_thread(start, ["sleep", "600"], log=tmp_path / "log")

    child = asyncio.run(in_a_thread_that_ends())
    time.sleep(0.2)
    assert child.poll() is None
    assert os.getsid(child.pid) != os.getsid(0)
    stop(child)
    assert child.poll() == -signal.SIGTERM


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
    child = start([sys.executable, "-c", f"{stubborn}; time.sleep(600)"], log=log)
    while "deaf" not in log.read_text():
        time.sleep(0.02)
    stop(child, seconds=0.3)
    assert child.poll() == -signal.SIGKILL
