"""A worker whose servers are away, at the start or later: a clear message and an exit code, never a loss."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from pipeline.cli.demonstration import Demonstration
from pipeline.emit.bulk import publish
from pipeline.local.demo.shop import Shop
from pipeline.local.stack import LocalStack
from pipeline.meaning import meaning_of
from pipeline.store.connect import server_of
from pipeline.verify import verify

WRONG = "never-" + "shown"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("stack") / "data") as running:
        yield running


def worker(stack: LocalStack, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "worker"],
        env={**os.environ, **stack.environment(), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ends(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str]:
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def test_a_worker_without_kafka_says_so_and_ends(stack: LocalStack) -> None:
    code, output = ends(worker(stack, CXSTREAM_KAFKA_BOOTSTRAP="127.0.0.1:1"))
    assert code != 0
    assert "Kafka does not answer at 127.0.0.1:1" in output


def test_a_worker_without_its_topics_says_how_to_make_them(stack: LocalStack) -> None:
    code, output = ends(worker(stack, CXSTREAM_STITCH_TOPIC="stitch.absent"))
    assert code != 0
    assert "topic stitch.absent: it does not exist; make it with: cxstream topics" in output


def test_a_worker_without_clickhouse_says_so_and_ends(stack: LocalStack) -> None:
    code, output = ends(worker(stack, CXSTREAM_CLICKHOUSE_PORT="1"))
    assert code != 0
    assert "nothing listens at 127.0.0.1:1, where ClickHouse should be" in output


def test_a_worker_with_a_wrong_password_says_so_and_never_shows_it(stack: LocalStack) -> None:
    code, output = ends(worker(stack, CXSTREAM_CLICKHOUSE_WRITER_PASSWORD=WRONG))
    assert code != 0
    assert "refused" in output
    assert WRONG not in output


def test_a_worker_without_a_key_says_which_setting_is_missing(stack: LocalStack) -> None:
    code, output = ends(worker(stack, CXSTREAM_HMAC_KEY_FILE="/nonexistent/key"))
    assert code != 0
    assert "hmac_key_file" in output


@pytest.mark.timeout(250)
def test_clickhouse_that_stalls_or_goes_away_ends_the_worker_and_the_next_one_loses_nothing(
    stack: LocalStack,
) -> None:
    assert stack.clickhouse is not None
    records = list(Shop(3, int(time.time() * 1000) - 60_000, 2_000).records())
    bootstrap = stack.settings().kafka_bootstrap

    stalled = worker(stack, CXSTREAM_FLUSH_MESSAGES="200")
    time.sleep(4)
    os.kill(stack.clickhouse.pid, signal.SIGSTOP)
    asyncio.run(publish(bootstrap, records[:1000]))
    time.sleep(3)
    stalled.send_signal(signal.SIGTERM)
    ends(stalled, 40)  # within the grace time, whatever the server does
    os.kill(stack.clickhouse.pid, signal.SIGCONT)

    left_alone = worker(stack, CXSTREAM_RETRY_DEADLINE_SECONDS="2")
    time.sleep(4)
    stack.clickhouse.stop()
    asyncio.run(publish(bootstrap, records[1000:]))
    code, output = ends(left_alone)
    assert code != 0, output
    assert "where ClickHouse should be" in output or "connection to ClickHouse" in output, output

    stack.clickhouse.start()
    last = worker(stack)
    demonstration = Demonstration(stack, Console(quiet=True))
    asyncio.run(demonstration.settle("after"))
    last.terminate()
    assert ends(last)[0] == 0
    settings = stack.settings()
    differences = verify(server_of(settings, "writer"), meaning_of(settings))
    assert [d.rows for d in differences] == [0] * 6
    assert all(d.expected for d in differences)
    missing, read = demonstration.reader.query("SELECT sum(residual), sum(records) FROM cx.residual").rows[0]
    assert (missing, read) == (0, len(records))
