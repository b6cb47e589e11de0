"""The local stack: a real Kafka and the real ClickHouse engine, made ready for a worker.

What comes in: a directory, and the settings. What goes out: running servers with topics, tables and secrets, and a
file stack.json that says where they are. Servers that the settings place elsewhere are used as they are.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from pipeline.emit.connection import connection_of
from pipeline.kafka.topics import create, declared
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.hold import hold
from pipeline.local.kafka import LocalKafka
from pipeline.local.port import LOOPBACK, usual
from pipeline.local.process import LocalServerError, is_over, note_owner, start, stop, stop_orphan, tail
from pipeline.local.state import Part, State, forget, now, running, write
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
_WORKER_SECONDS: Final = 25.0
"""A worker has 20 seconds of its own to end."""


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
        """Nothing starts yet. False for a server that the settings place elsewhere; `more` are settings that say
        otherwise than the stack would."""
        self.root = root.resolve()
        self.logs = self.root / "logs"
        self.kafka: LocalKafka | None = None
        self.clickhouse: LocalClickHouse | None = None
        self._wanted = (kafka, clickhouse)
        self._more = dict(more or {})
        self._worker: subprocess.Popen[bytes] | None = None
        self._parts: dict[str, Part] = {}
        self._began_at = now()
        self._running = ExitStack()

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
        held = hold(
            self.root / STACK_LOCK, f"a local stack already runs in {self.root}; cxstream status says where"
        )
        self._running.enter_context(held)
        self._began_at = now()
        try:
            self._tell("starting")
            self._running.callback(forget, self.root)
            self._start()
            self._tell("running")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in reverse order; data stay."""
        self._running.close()
        self._parts.clear()

    def _start(self) -> None:
        self._stop_orphans()
        self._running.callback(self.stop_worker)  # should a server not be had, there is none yet
        with_kafka, with_clickhouse = self._wanted
        if with_kafka:
            self.kafka = LocalKafka(self.root / "kafka", port=usual(_KAFKA), log=self.log_of("kafka"))
            self._running.callback(self.kafka.stop)
            self.kafka.launch()
            self._note("kafka", self.kafka.pid)
        if with_clickhouse:
            self.clickhouse = self._clickhouse()
            self._running.callback(self.clickhouse.stop)
            self.clickhouse.start()
            self._note("clickhouse", self.clickhouse.pid)
        settings = self.settings()
        migrate(server_of(settings, "migrator"))  # while Kafka starts
        if self.kafka is not None:
            self.kafka.wait()
        asyncio.run(create(settings.kafka_bootstrap, declared(settings), **connection_of(settings)))
        self._running.callback(self.stop_worker)
