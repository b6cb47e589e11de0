"""A worker of `cxstream up` that ends is started again, unless that is no use."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from pipeline.local.revive import Pauses
from pipeline.local.state import running
from tests.local.stack_fixture import Operator, operator

__all__ = ["operator"]

EXAMPLE = next(Path("schemas/interactions/page_viewed/examples/good").resolve().glob("*.json"))


def worker(operator: Operator, other_than: int = 0) -> int:
    """Wait for a worker with another pid; give it."""
    deadline = time.monotonic() + 60
    while True:
        state = running(operator.data)
        if state is not None and not state.ended and (part := state.processes.get("worker")) is not None:
            operator.started.append(part.pid)
            if part.pid != other_than:
                return part.pid
        assert time.monotonic() < deadline, operator.out.read_text()
        time.sleep(0.05)


def down(operator: Operator) -> int:
    assert operator.up is not None
    operator.up.send_signal(signal.SIGTERM)
    return operator.up.wait(60)


def test_pauses_grow_to_half_a_minute_and_begin_anew_after_a_calm_life() -> None:
    pauses = Pauses()
    assert [pauses.after(61) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert [pauses.after(601), pauses.after(61), pauses.after(61)] == [1, 2, 4]


def test_five_ends_in_a_row_soon_after_the_start_are_enough_and_a_longer_life_forgives() -> None:
    pauses = Pauses()
    assert [pauses.after(lived) for lived in (3, 3, 3, 3, 60, 3, 3, 3, 3, 3)][-1] is None
    assert [Pauses().after(3) for _ in range(9)] == [1] * 9
    pauses = Pauses()
    assert [pauses.after(59) for _ in range(5)] == [1, 2, 4, 8, None]


@pytest.mark.timeout(200)
def test_a_killed_worker_is_started_again_and_goes_on_until_it_never_lives_for_long(
    operator: Operator,
) -> None:
    operator.start()
    pid = worker(operator)
    os.kill(pid, signal.SIGKILL)
    operator.hears("The worker ended by SIGKILL; another starts in 1 s.", operator.up)
    pid = worker(operator, other_than=pid)
    assert operator.cxstream("status").returncode == 0
    assert operator.cxstream("publish", str(EXAMPLE)).returncode == 0
    deadline = time.monotonic() + 60
    while (
        "\n1\n"
        not in operator.cxstream("query", "SELECT count() FROM interactions", "--format", "csv").stdout
    ):
        assert time.monotonic() < deadline

    os.kill(pid, signal.SIGKILL)
    operator.hears("another starts in 2 s.", operator.up)
    while "cxstream up, in another terminal, starts another." not in (told := operator.out.read_text()):
        state = running(operator.data)
        if state is not None and not state.ended:
            operator.started.append(state.processes["worker"].pid)
            os.kill(state.processes["worker"].pid, signal.SIGKILL)
        time.sleep(0.1)
    assert "ended by SIGKILL, for the 5th time within a minute of its start" in told
    assert str(operator.data / "logs" / "worker.log") in told
    status = operator.cxstream("status")
    assert status.returncode == 1
    assert "HAS ENDED" in status.stdout
    assert operator.cxstream("query", "SELECT 1").returncode == 0

    again = operator.cxstream("up")
    assert (again.returncode, "HAS ENDED" in again.stdout) == (0, False), again.stdout + again.stderr
    assert worker(operator) != pid
    assert operator.cxstream("status").returncode == 0
    assert down(operator) == 0


def test_a_worker_whose_settings_are_refused_is_not_tried_again(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "short.key").write_bytes(b"abc")
    operator.environment["CXSTREAM_HMAC_KEY_FILE"] = str(tmp_path / "short.key")
    operator.start()
    operator.hears("It is not started again", operator.up)
    told = operator.out.read_text()
    assert "The worker ended with exit code 2: hmac_key_file = " in told
    assert "3 bytes, needs 16" in told
    assert "another starts" not in told
    assert down(operator) == 1


def test_a_worker_that_stopped_since_too_much_was_rejected_does_not_go_on_to_drain_the_topic(
    operator: Operator,
) -> None:
    state = operator.start()

    async def send() -> None:
        bootstrap = state.settings["kafka_bootstrap"]
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            for _ in range(150):
                await producer.send("interactions.web", b"nonsense", partition=0)

    asyncio.run(send())
    operator.hears("It is not started again", operator.up)
    told = operator.out.read_text()
    assert (
        "The worker ended with exit code 1: stopping: 100 records in a row of interactions.web/0 were refused"
        in told
    )
    assert "{" not in told
    assert "another starts" not in told
    assert operator.cxstream("query", "SELECT reason FROM rejections LIMIT 1").returncode == 0
    assert down(operator) == 1
