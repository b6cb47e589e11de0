"""Stacks that start at the same moment on one machine: each gets ports of its own, and all come up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pipeline.local.port import free_port
from tests.local.stack_fixture import Operator

KAFKA = """
import sys
from pathlib import Path
from pipeline.local.kafka import LocalKafka
with LocalKafka(Path(sys.argv[1]), usual=int(sys.argv[2])) as kafka:
    print(kafka.bootstrap, flush=True)
    sys.stdin.read()
"""
"""A process that has a broker until its input ends."""


@contextmanager
def kafka(data: Path, usual: int, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    temporary.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", KAFKA, str(data), str(usual)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.communicate(timeout=60)


@pytest.mark.parametrize("seen", [True, False], ids=["reservations are seen", "reservations are not seen"])
def test_brokers_that_want_the_same_port_all_come_up_and_one_has_it(
    tmp_path: Path,
    seen: bool,  # noqa: FBT001 - how pytest gives it
) -> None:
    usual = free_port()
    with ExitStack() as stack:
        started = [
            stack.enter_context(kafka(tmp_path / name, usual, tmp_path / ("tmp" if seen else f"tmp-{name}")))
            for name in ("a", "b")
        ]
        told = [each.stdout.readline().strip() for each in started if each.stdout is not None]
    assert len(set(told)) == len(told) == 2
    assert all(address.startswith("127.0.0.1:") for address in told)
    assert f"127.0.0.1:{usual}" in told
    lost = ["Address already in use" in (tmp_path / name / "kafka.log").read_text() for name in ("a", "b")]
    assert any(lost) != seen, "with reservations nobody loses; without, the loser takes another port"


def test_stacks_that_start_at_once_all_come_up_with_ports_of_their_own(tmp_path: Path) -> None:
    operators = [Operator(tmp_path / name) for name in ("a", "b")]
    try:
        for each in operators:
            each.data.parent.mkdir()
            each.begin("--no-worker")
        states = [each.awaits() for each in operators]
        ports = [
            port
            for state in states
            for port in (
                int(state.settings["kafka_bootstrap"].rpartition(":")[2]),
                *(state.settings[n] for n in ("clickhouse_port", "clickhouse_http_port", "telemetry_port")),
            )
        ]
        assert len(set(ports)) == len(ports) == 8
        for each in operators:
            assert each.cxstream("topics", "--check").returncode == 0
            assert each.cxstream("migrate", "--check").returncode == 0
            assert not (each.data / "logs" / "kafka.log").exists() or (
                "Address already in use" not in (each.data / "logs" / "kafka.log").read_text()
            )
    finally:
        for each in operators:
            each.end()
