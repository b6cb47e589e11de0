"""A worker of the local stack: the same command as in production, as a process of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipeline.local.process import note_owner, start, stop, stop_orphan, tail

_GRACE_SECONDS: Final = 25.0
"""A worker has 20 seconds of its own to end."""


class LocalWorker:
    """The worker of one stack; started and stopped as often as one likes."""

    def __init__(self, root: Path, *, log: Path) -> None:
        self._owner = root / "worker.pid"
        self._mark = f"cxstream={root}"
        """Python ignores it; it tells this stack's worker from any other process."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The worker's process; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start it, and give it; it may take a second or two until it reads."""
        command = [sys.executable, "-X", self._mark, "-m", "pipeline", "worker"]
        self._process = start(command, log=self._log, environment=dict(environment))
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

    def failure(self) -> str:
        """Give the end of its log if it has ended by itself, else ""."""
        if self._process is None or self._process.poll() is None:
            return ""
        return f"the worker ended with {self._process.returncode}; the end of {self._log}:\n{tail(self._log)}"
