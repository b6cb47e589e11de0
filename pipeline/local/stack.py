"""The local stack: a real Kafka and the real ClickHouse engine, made ready for a worker.

What comes in: a directory, and the settings. What goes out: running servers with topics, tables and secrets, and a
file stack.json that says where they are. Servers that the settings place elsewhere are used as they are.
"""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from itertools import compress
from pathlib import Path
from typing import Any, Final, Literal, Self

from pipeline.emit.connection import connection_of
from pipeline.kafka.topics import create, declared
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.hold import hold
from pipeline.local.kafka import LocalKafka
from pipeline.local.key import key_file
from pipeline.local.port import LOOPBACK
from pipeline.local.process import stop_orphan, tail
from pipeline.local.state import Part, State, forget, now, private, running, write
from pipeline.local.worker import LocalWorker, WorkerFailure
from pipeline.settings import Settings
from pipeline.settings.sources import STACK_LOCK
from pipeline.store.connect import server_of
from pipeline.store.migrate import migrate

__all__ = ["LocalStack", "running"]

_KAFKA: Final = 9092
_NATIVE: Final = 9000
_HTTP: Final = 8123
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
        telemetry_port: int = 0,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """False for a server that is elsewhere; `more` are settings that say otherwise than the stack would.

        The telemetry port is another if it is taken, unless `more` gives it; 0 lets each worker choose.
        """
        self.root = root.resolve()
        self.kafka: LocalKafka | None = None
        self.clickhouse: LocalClickHouse | None = None
        self._wanted = (kafka, clickhouse)
        self._more = dict(more or {})
        self._worker = LocalWorker(self.root, log=self.log_of("worker"), telemetry_port=telemetry_port)
        self._began_at = now()
        self._since: dict[int, datetime] = {}
        """When each process started, by pid."""
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the servers, make topics and tables. Raises LocalServerError, TransportError, StoreError."""
        private(self.root, "logs", *compress(("kafka", "clickhouse"), self._wanted))
        taken = f"a local stack already runs in {self.root}; cxstream status says where"
        self._running.enter_context(hold(self.root / STACK_LOCK, taken))
        try:
            self._running.callback(forget, self.root)
            self._tell("starting")
            self._start()
            self._tell("running")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in reverse order; data stay."""
        self._running.close()

    def _start(self) -> None:
        self._stop_orphans()
        self._worker.choose_port()
        self._running.callback(self._worker.release_port)
        with_kafka, with_clickhouse = self._wanted
        if with_kafka:
            self.kafka = LocalKafka(self.root / "kafka", usual=_KAFKA, log=self.log_of("kafka"))
            self._running.callback(self.kafka.stop)
            self.kafka.launch()
            self._tell("starting")
        if with_clickhouse:
            self.clickhouse = LocalClickHouse(
                self.root / "clickhouse",
                native_port=_NATIVE,
                http_port=_HTTP,
                or_any=True,
                log=self.log_of("clickhouse"),
            )
            self._running.callback(self.clickhouse.stop)
            self.clickhouse.start()
            self._tell("starting")
        settings = self.settings()
        migrate(server_of(settings, "migrator"))  # while Kafka starts
        if self.kafka is not None:
            self.kafka.wait()
        asyncio.run(create(settings.kafka_bootstrap, declared(settings), **connection_of(settings)))
        self._running.callback(self.stop_worker)

    def _stop_orphans(self) -> None:
        """Stop what a killed stack left, where the kernel does not; before ports are chosen, so that they stay."""
        self._worker.stop_orphan()
        stop_orphan(self.root / "kafka" / "kafka.pid", str(self.root / "kafka" / "server.properties"))
        stop_orphan(self.root / "clickhouse" / "clickhouse.pid", str(self.root / "clickhouse"))

    def log_of(self, part: str) -> Path:
        """Give the log of "kafka", "clickhouse" or "worker"."""
        return self.root / "logs" / f"{part}.log"

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker as a process of its own; give it."""
        self._worker.choose_port()
        self._tell("running")
        environment = self.environment()
        if self._worker.telemetry_port and "telemetry_port" not in self._more:
            # it reads our choice in stack.json, and may pass it over
            del environment["CXSTREAM_TELEMETRY_PORT"]
        process = self._worker.start(environment)
        self._tell("running")
        return process

    def stop_worker(self) -> None:
        """Stop the worker; the servers go on."""
        if self._worker.pid:
            self._worker.stop()
            self._tell("running")

    @property
    def worker_pid(self) -> int:
        """The worker's process; 0 while there is none."""
        return self._worker.pid

    def worker_failure(self) -> WorkerFailure | None:
        """Give how and why the worker ended if it has ended by itself."""
        return self._worker.failure()

    def server_failure(self) -> str:
        """Give the end of a server's log if it has ended by itself, else ""."""
        for name, part in self._parts():
            if name != "worker" and part.has_ended:
                log = self.log_of(name)
                return f"{name} has ended by itself; the end of {log}:\n{tail(log)}"
        return ""

    def beside(self, root: Path, *, group: str, stitch: str) -> Self:
        """Give a stack with tables, a group and a stitch topic of its own over this one's Kafka."""
        more = {
            "kafka_bootstrap": self.settings().kafka_bootstrap,
            "kafka_session_timeout_seconds": _SESSION_SECONDS,
            "kafka_group": group,
            "stitch_topic": stitch,
            "watch_topic": f"{stitch}.watch",
            "hmac_key_file": str(self.settings().hmac_key_file),
        }
        return type(self)(root, kafka=False, more=more)

    def settings(self) -> Settings:
        """Give the settings with which a worker meets these servers."""
        return Settings.load({**os.environ, **self.environment()})

    def environment(self) -> dict[str, str]:
        """Give those settings as environment variables."""
        return {f"CXSTREAM_{name.upper()}": str(value) for name, value in self._settings().items()}

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"data_dir": str(self.root), "telemetry_port": self._worker.telemetry_port}
        if all(self._wanted):  # a key of this machine must not reach data that live elsewhere
            settings["hmac_key_file"] = str(key_file(self.root))
        if self.kafka is not None:
            settings |= {
                "kafka_bootstrap": self.kafka.bootstrap,
                "kafka_session_timeout_seconds": _SESSION_SECONDS,
            }
        if self.clickhouse is not None:
            settings |= {
                "clickhouse_host": LOOPBACK,
                "clickhouse_port": self.clickhouse.native_port,
                "clickhouse_http_port": self.clickhouse.http_port,
            }
            for role, user in _USERS.items():
                settings[f"clickhouse_{role}_password"] = self.clickhouse.passwords[user]
        return settings | self._more

    def _parts(self) -> Iterator[tuple[str, Part]]:
        """The processes that this stack started and has not stopped."""
        pids = {
            "kafka": self.kafka.pid if self.kafka is not None else 0,
            "clickhouse": self.clickhouse.pid if self.clickhouse is not None else 0,
            "worker": self.worker_pid,
        }
        for name, pid in pids.items():
            if pid:
                yield name, Part(pid, self._since.setdefault(pid, now()))

    def _tell(self, phase: Literal["starting", "running"]) -> None:
        """Write stack.json; while it starts, nobody takes settings from it."""
        settings = self._settings() if phase == "running" else {}
        write(self.root, State(phase, os.getpid(), self._began_at, dict(self._parts()), settings))
