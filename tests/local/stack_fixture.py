"""`cxstream` with a data directory of its own, as an operator has it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipeline.local.state import State, running

UNLEASHED = """
import sys
from pipeline.local import process
process.leash = lambda: []
from pipeline.cli import main
main(sys.argv[1:])
"""
"""cxstream where the kernel does not kill children with their parent."""


class Operator:
    """Someone who works with one stack."""

    def __init__(self, home: Path) -> None:
        self.data = home / "data"
        self.out = home / "up.out"
        self.up: subprocess.Popen[bytes] | None = None
        self.started: list[int] = []
        self.environment = {name: value for name, value in os.environ.items() if "CXSTREAM_" not in name}
        self.environment["CXSTREAM_DATA_DIR"] = str(self.data)

    def cxstream(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            env=self.environment,
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def begin(self, *arguments: str, leashed: bool = True) -> subprocess.Popen[bytes]:
        """Run `cxstream up` in the background."""
        command = ["-m", "pipeline"] if leashed else ["-c", UNLEASHED]
        with self.out.open("w") as out:
            self.up = subprocess.Popen(
                [sys.executable, *command, "up", *arguments],
                env=self.environment,
                cwd=self.data.parent,
                stdout=out,
                stderr=out,
            )
        return self.up

    def start(self, *arguments: str, leashed: bool = True) -> State:
        """The same, and wait until it is up; what it says about itself."""
        self.begin(*arguments, leashed=leashed)
        return self.awaits()

    def awaits(self) -> State:
        """Wait until what was begun is up; what it says about itself."""
        self.hears("Ctrl-C", self.up)
        state = running(self.data)
        assert state is not None
        self.started += [part.pid for part in state.processes.values()]
        return state

    def hears(self, text: str, up: subprocess.Popen[bytes] | None = None) -> None:
        """Wait until `cxstream up` says it; while `up` lives, if that is given."""
        deadline = time.monotonic() + 60
        while text not in self.out.read_text():
            assert up is None or up.poll() is None, self.out.read_text()
            assert time.monotonic() < deadline, self.out.read_text()
            time.sleep(0.05)

    def end(self) -> None:
        if self.up is not None and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            self.up.wait(60)
        for pid in self.started:
            with suppress(psutil.NoSuchProcess):
                left = psutil.Process(pid)
                if any(str(self.data) in argument for argument in left.cmdline()):
                    left.kill()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    one = Operator(tmp_path)
    yield one
    one.end()
