"""The ClickHouse server as a child process: started, waited for, stopped.

What comes in: a data directory. What goes out: a server on loopback that keeps its data across restarts.
"""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from pipeline.local.clickhouse.access import make_passwords
from pipeline.local.hold import hold
from pipeline.local.process import LocalServerError, note_owner, start, stop, stop_orphan, tail

_START_SECONDS: Final = 60.0
_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}
"""Keeps the memory of one batch for the next: a third less CPU per row, see docs/decisions."""


class LocalClickHouse:
    """A server for one data directory. A context manager; ports and passwords are set once it has started."""

    def __init__(
        self,
        data: Path,
        *,
        native_port: int = 0,
        http_port: int = 0,
        or_any: bool = False,
        log: Path | None = None,
    ) -> None:
        """With `or_any` a port that is taken is no error: another is used."""
        self.data = data.resolve()
        """The directory."""
        self._log = log or self.data / "clickhouse.log"
        self._wanted = (native_port, http_port)
        self._or_any = or_any
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        """Ours while our server runs. What runs where nobody has it is an orphan, whoever is its parent by now."""
        self.native_port = 0
        self.http_port = 0
        self.passwords: dict[str, str] = {}
        """By user name. Never print them."""

    @property
    def pid(self) -> int:
        """The server's process; 0 while it is not running."""
        return self._process.pid if self._process is not None else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers. Raises LocalServerError."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._lock = hold(
            self.data / "owner.lock",
            f"{self.data} is in use: ClickHouse runs there{self._as()}; stop it first",
        )
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        stop_orphan(self._owner, str(self.data))
        ports = self.data / "ports.json"
        ports.unlink(missing_ok=True)
        native_port, http_port = map(str, self._wanted)
        self._process = start(
            [
                *(sys.executable, "-m", "pipeline.local.clickhouse", "--data", str(self.data)),
                *("--native-port", native_port, "--http-port", http_port),
                *(["--or-any"] if self._or_any else []),
            ],
            log=self._log,
            environment=_MEMORY,
        )
        note_owner(self._owner, self._process)
        self._wait(ports)
        self.passwords = make_passwords(self.data / "passwords")

    def stop(self) -> None:
        """Stop the server; its data stay."""
        if self._process is not None:
            stop(self._process)
            self._process = None
            self._owner.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def _owner(self) -> Path:
        return self.data / "clickhouse.pid"

    def _as(self) -> str:
        try:
            return f" as process {int(self._owner.read_text(encoding='utf-8'))}"
        except (OSError, ValueError):
            return ""

    def _wait(self, ports: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers(ports):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise LocalServerError(
                    f"ClickHouse did not start; the end of {self._log}:\n{tail(self._log)}"
                )
            time.sleep(0.02)

    def _answers(self, ports: Path) -> bool:
        try:
            found = json.loads(ports.read_text(encoding="utf-8"))
            with urllib.request.urlopen(f"http://127.0.0.1:{found['http']}/ping", timeout=1):
                self.native_port, self.http_port = found["native"], found["http"]
        except (OSError, ValueError):
            return False
        return True
