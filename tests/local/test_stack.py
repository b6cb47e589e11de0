"""The local stack as an operator meets it: started, asked, killed, started again."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.local.stack import running


class Stack:
    """`cxstream` against one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {**os.environ, "CXSTREAM_DATA_DIR": str(directory)}
        self.up: subprocess.Popen[str] | None = None

    def cxstream(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )

    def start(self, *arguments: str) -> dict[str, object]:
        """Start it in the background, and give what it says about itself once it is up."""
        command = [sys.executable, "-m", "pipeline", "up", *arguments]
        out = (self.directory.parent / "up.out").open("w")
        self.up = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out, text=True)
        deadline = time.monotonic() + 60
        while "Ctrl-C" not in (self.directory.parent / "up.out").read_text():
            assert self.up.poll() is None, (self.directory.parent / "up.out").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        state = running(self.directory)
        assert state is not None
        return state


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    one = Stack(tmp_path / "data")
    yield one
    if one.up is not None and one.up.poll() is None:
        one.up.send_signal(signal.SIGTERM)
        one.up.wait(40)


def test_a_second_start_says_where_it_runs_and_sigterm_stops_all(stack: Stack) -> None:
    state = stack.start()
    second = stack.cxstream("up")
    assert second.returncode == 0
    assert "Already running" in second.stdout
    assert str(state["settings"]["kafka_bootstrap"]) in second.stdout

    told = json.loads(stack.cxstream("status", "--json").stdout)
    assert told["processes"] == state["processes"]
    assert not [name for name in told["settings"] if "password" in name]

    answer = stack.cxstream("query", "SELECT 40 + 2 AS n", "--format", "csv")
    assert answer.stdout.split() == ["n", "42"], answer.stderr

    assert stack.cxstream("down").returncode == 0
    assert stack.up is not None
    assert stack.up.wait(10) == 0
    assert not [pid for pid in state["processes"].values() if psutil.pid_exists(pid)]
    assert stack.cxstream("status").returncode == 1


def test_after_kill_9_of_the_parent_nothing_is_left_and_the_next_start_works(
    stack: Stack,
) -> None:
    state = stack.start("--no-worker")
    assert stack.up is not None
    stack.up.kill()
    stack.up.wait()
    deadline = time.monotonic() + 5
    left = list(state["processes"].values())
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if pid and psutil.pid_exists(pid)]
        time.sleep(0.05)
    assert not left, "the servers die with their parent"
    assert stack.start("--no-worker")["processes"] != state["processes"]


def test_secrets_are_readable_by_their_owner_only(stack: Stack) -> None:
    stack.start("--no-worker")
    key = stack.directory / "secrets" / "hmac.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    assert stat.S_IMODE((stack.directory / "stack.json").stat().st_mode) == 0o600
    assert len(bytes.fromhex(key.read_text())) == 32


def test_nothing_listens_beyond_loopback(stack: Stack) -> None:
    state = stack.start()
    processes = [psutil.Process(pid) for pid in state["processes"].values()]
    listening = [
        c.laddr.ip for p in processes for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
