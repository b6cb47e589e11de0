"""A second worker on one machine: the telemetry port that everybody would take is taken."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import msgspec

from pipeline.local.port import is_free
from pipeline.local.state import Part, running, write
from tests.local.stack_fixture import Operator, operator

__all__ = ["operator"]


@contextmanager
def worker(operator: Operator) -> Iterator[subprocess.Popen[bytes]]:
    """A `cxstream worker` beside the stack; its log is second.log."""
    with (operator.data / "second.log").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "worker"],
            env=operator.environment,
            cwd=operator.data.parent,
            stderr=out,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def logged(operator: Operator, event: str) -> dict[str, object]:
    """Wait until the second worker logs it."""
    deadline = time.monotonic() + 60
    while True:
        text = (operator.data / "second.log").read_text()
        for line in text.splitlines():
            if line.endswith("}") and (said := json.loads(line))["event"] == event:
                return dict(said)
        assert time.monotonic() < deadline, text
        time.sleep(0.1)


def serves(port: object) -> None:
    """Wait until a worker is alive behind a port."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_it_uses_another_port_and_says_which_but_one_that_was_set_has_to_be_free(operator: Operator) -> None:
    first = operator.start().settings["telemetry_port"]
    serves(first)
    with worker(operator) as second:
        said = logged(operator, "the telemetry port is taken: a free one is used")
        assert said["taken"] == first
        port = logged(operator, "telemetry is served")["port"]
        assert port != first
        serves(port)
        serves(first)
        assert second.poll() is None
    assert second.returncode == 0

    operator.environment["CXSTREAM_TELEMETRY_PORT"] = str(first)
    refused = operator.cxstream("worker")
    assert refused.returncode == 2
    assert f"telemetry_port = {first} (from CXSTREAM_TELEMETRY_PORT)" in refused.stderr
    assert "Address already in use" in refused.stderr


def test_where_the_stacks_port_was_set_and_is_taken_its_worker_says_so(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        operator.environment["CXSTREAM_TELEMETRY_PORT"] = str(port)
        operator.start()
        operator.hears("It is not started again", operator.up)
        told = operator.out.read_text()
        assert (
            f"The worker ended with exit code 2: telemetry_port = {port} (from CXSTREAM_TELEMETRY_PORT)"
            in told
        )


def test_a_worker_that_is_started_again_takes_another_port_if_its_own_was_taken_meanwhile(
    operator: Operator,
) -> None:
    state = operator.start()
    first = state.settings["telemetry_port"]
    serves(first)
    os.kill(state.processes["worker"].pid, signal.SIGKILL)
    while not is_free(first):
        time.sleep(0.01)
    with socket.create_server(("127.0.0.1", first)):
        operator.hears("another starts in 1 s.", operator.up)
        deadline = time.monotonic() + 60
        while (again := running(operator.data)) is None or again.settings["telemetry_port"] == first:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        operator.started += [part.pid for part in again.processes.values()]
        serves(again.settings["telemetry_port"])


def test_a_worker_of_ones_own_stands_in_for_the_stacks_that_has_ended(operator: Operator) -> None:
    operator.environment["CXSTREAM_TELEMETRY_PORT"] = str(_unused_port())
    state = operator.start("--no-worker")
    assert running(operator.data) == state
    with worker(operator):
        serves(operator.environment["CXSTREAM_TELEMETRY_PORT"])
        gone = subprocess.Popen(["true"])
        gone.wait()
        processes = {**state.processes, "worker": Part(gone.pid, state.started_at)}
        write(operator.data, msgspec.structs.replace(state, processes=processes))
        status = operator.cxstream("status")
        assert (status.returncode, "HAS ENDED" in status.stdout) == (0, False), status.stdout
        assert "another, not of this stack, answers" in status.stdout
    assert operator.cxstream("status").returncode == 1


def test_status_and_a_second_up_reach_for_no_broker(operator: Operator) -> None:
    operator.start()
    for command in ("status", "up"):
        program = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); from pipeline.cli import main; main(['{command}'])"
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=operator.environment,
            cwd=operator.data.parent,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "pipeline.local.state" in run.stderr.split()
        assert not {"faust", "aiokafka", "clickhouse_driver"} & set(run.stderr.split())
