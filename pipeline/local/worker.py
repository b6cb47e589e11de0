"""A worker of the local stack: the same command as in production, as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.local.last_words import LastWords, how_it_ended, last_words
from pipeline.local.port import Port, choose, is_free
from pipeline.local.process import note_owner, start, stop, stop_orphan

_GRACE_SECONDS: Final = 25.0
"""A worker has 20 seconds of its own to end."""
_REFUSED: Final = 2
"""The exit code of a command whose settings are refused."""
_TOO_MANY: Final = "TooManyRejectionsError"


class WorkerFailure(NamedTuple):
    """A worker that ended by itself."""

    code: int
    error: LastWords
    lived: float
    """Seconds."""
    log: Path

    @property
    def is_on_purpose(self) -> bool:
        """Whether another would do the same, or worse: it refused its settings, or too much was rejected."""
        return self.code == _REFUSED or self.error.kind == _TOO_MANY

    def __str__(self) -> str:
        why = f": {self.error.text}" if self.error.text else ""
        return f"The worker ended {how_it_ended(self.code)}{why}"


class LocalWorker:
    """The worker of one stack; started and stopped as often as one likes."""

    def __init__(self, root: Path, *, log: Path, telemetry_port: int = 0) -> None:
        self._owner = root / "worker.pid"
        self._mark = f"cxstream={root}"
        """Python ignores it; it tells this stack's worker from any other process."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = 0.0
        self._said_before = 0
        """Bytes in the log that are of earlier ones."""
        self._failure: WorkerFailure | None = None
        self._port = Port(telemetry_port)

    @property
    def pid(self) -> int:
        """The worker's process; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def telemetry_port(self) -> int:
        """The port that it should take; 0 if any."""
        return self._port.number

    def choose_port(self) -> None:
        """Reserve its port, or another if that one is taken."""
        if self._port.number and not (self._port.is_reserved and is_free(self._port.number)):
            self._port.release()
            self._port = choose(self._port.number)

    def release_port(self) -> None:
        """Let others have its port."""
        self._port.release()

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start it, and give it; it may take a second or two until it reads."""
        command = [sys.executable, "-X", self._mark, "-m", "pipeline", "worker"]
        self._said_before = self._log.stat().st_size if self._log.exists() else 0
        self._failure = None
        self._process = start(command, log=self._log, environment=dict(environment))
        self._began_at = time.monotonic()
        note_owner(self._owner, self._process)
        return self._process

    def stop(self) -> None:
        """Stop it; what it has not acknowledged is read again by the next one."""
        if self._process is not None:
            stop(self._process, seconds=_GRACE_SECONDS)
            self._process = None
            self._owner.unlink(missing_ok=True)

    def stop_orphan(self) -> None:
        """Stop what a dead stack left."""
        stop_orphan(self._owner, self._mark)

    def failure(self) -> WorkerFailure | None:
        """Give how and why it ended if it has ended by itself."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        if self._failure is None:  # asked for again and again: the log is read once
            lived = time.monotonic() - self._began_at
            words = last_words(self._log, self._said_before)
            self._failure = WorkerFailure(code, words, lived, self._log)
        return self._failure
