"""The local stack: a real Kafka and the real ClickHouse engine, made ready for a worker.

What comes in: a directory, and the settings. What goes out: running servers with topics, tables and secrets; a file
stack.json that says where they are, from which other commands fall back to them. Servers that the settings place
elsewhere are used as they are.
"""

import asyncio
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from pipeline.kafka.topics import create, declared
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.kafka import LocalKafka
from pipeline.local.port import is_free
from pipeline.local.process import LocalServerError, start, stop, tail
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.migrate import migrate

_USUAL: Final = {"kafka": 9092, "native": 9000, "http": 8123}
_USERS: Final = {"writer": "pipeline_writer", "migrator": "migrator", "analyst": "analyst"}
_SESSION_SECONDS: Final = 6.0
"""A killed worker's partitions are free again after this long."""


class LocalStack:
    """The servers of one directory. A context manager; a directory has one stack at a time."""

    def __init__(
        self,
        root: Path,
        *,
        kafka: bool = True,
        clickhouse: bool = True,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.root = root.resolve()
        self._more = dict(more or {})
        """Settings of this stack that say otherwise than the rest."""
        self.logs = self.root / "logs"
        self.kafka = (
            LocalKafka(self.root / "kafka", port=_usual("kafka"), log=self.logs / "kafka.log")
            if kafka
            else None
        )
        self.clickhouse = (
            LocalClickHouse(
                self.root / "clickhouse",
                native_port=_usual("native"),
                http_port=_usual("http"),
                log=self.logs / "clickhouse.log",
            )
            if clickhouse
            else None
        )
        self._state = self.root / "stack.json"
        self._lock: IO[str] | None = None
        self._worker: Any = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the servers, make topics and tables. Raises LocalServerError, TransportError, StoreError."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._key_file()
            if self.kafka is not None:
                self.kafka.launch()
            if self.clickhouse is not None:
                self.clickhouse.start()
            settings = self.settings()
            migrate(server_of(settings, "migrator"))  # while Kafka starts
            if self.kafka is not None:
                self.kafka.wait()
            asyncio.run(create(settings.kafka_bootstrap, declared(settings)))
            self._write_state()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in reverse order; data stay."""
        self.stop_worker()
        for server in (self.kafka, self.clickhouse):
            if server is not None:
                server.stop()
        if self._lock is not None:
            self._state.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def start_worker(self) -> Any:
        """Start a worker as a process of its own; give it."""
        command = [sys.executable, "-m", "pipeline", "worker"]
        self._worker = start(command, log=self.logs / "worker.log", environment=self.environment())
        self._write_state()
        return self._worker

    @property
    def worker_pid(self) -> int:
        """The worker's process; 0 while there is none."""
        return self._worker.pid if self._worker is not None else 0

    def stop_worker(self) -> None:
        """Stop the worker; the servers go on."""
        if self._worker is not None:
            stop(self._worker, seconds=25)
            self._worker = None

    def beside(self, root: Path, *, group: str, stitch: str) -> Self:
        """Give a stack with tables, a group and a stitch topic of its own over this one's Kafka."""
        more = {
            "kafka_bootstrap": self.settings().kafka_bootstrap,
            "kafka_session_timeout_seconds": _SESSION_SECONDS,
            "kafka_group": group,
            "stitch_topic": stitch,
            "hmac_key_file": str(self._key_file()),
        }
        return type(self)(root, kafka=False, more=more)

    def worker_failure(self) -> str:
        """Give the end of the worker's log if it has ended by itself, else ""."""
        if self._worker is None or self._worker.poll() is None:
            return ""
        return f"the worker ended with {self._worker.returncode}; the end of its log:\n{tail(self.logs / 'worker.log')}"

    def settings(self) -> Settings:
        """Give the settings with which a worker meets these servers."""
        return Settings.load({**os.environ, **self.environment()})

    def environment(self) -> dict[str, str]:
        """Give those settings as environment variables."""
        return {f"CXSTREAM_{name.upper()}": str(value) for name, value in self._settings().items()}

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "data_dir": str(self.root),
            "hmac_key_file": str(self._key_file()),
            "telemetry_port": 0,
        }
        if self.kafka is not None:
            settings |= {
                "kafka_bootstrap": self.kafka.bootstrap,
                "kafka_session_timeout_seconds": _SESSION_SECONDS,
            }
        if self.clickhouse is not None:
            settings |= {
                "clickhouse_host": "127.0.0.1",
                "clickhouse_port": self.clickhouse.native_port,
                "clickhouse_http_port": self.clickhouse.http_port,
            }
            for role, user in _USERS.items():
                settings[f"clickhouse_{role}_password"] = self.clickhouse.passwords[user]
        return settings | self._more

    def _key_file(self) -> Path:
        """The key that personal identifiers are hashed with; only the local stack ever makes one."""
        file = self.root / "secrets" / "hmac.key"
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as key:
                key.write(secrets.token_hex(32))
        return file

    def _take_lock(self) -> None:
        self._lock = (self.root / "stack.lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise LocalServerError(
                f"a local stack already runs in {self.root}; cxstream status says where"
            ) from None

    def _write_state(self) -> None:
        state = {
            "pid": os.getpid(),
            "started_at": time.time(),
            "processes": {
                "kafka": self.kafka.pid if self.kafka is not None else 0,
                "clickhouse": self.clickhouse.pid if self.clickhouse is not None else 0,
                "worker": self._worker.pid if self._worker is not None else 0,
            },
            "settings": self._settings(),
        }
        with os.fdopen(os.open(self._state, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(state, file, indent=1)


def _usual(name: str) -> int:
    """Give the usual port if it is free, else 0 for any."""
    return _USUAL[name] if is_free(_USUAL[name]) else 0


def running(root: Path) -> dict[str, Any] | None:
    """Give what a running stack says about itself; None if none runs in the directory."""
    try:
        with (root / "stack.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        state: dict[str, Any] = json.loads((root / "stack.json").read_text(encoding="utf-8"))
        return state
    except OSError:
        return None
    return None
