"""The server: an engine, and two doors on loopback, each with a thread per client.

What comes in: a data directory and ports. What goes out: a server that serves until it is told to stop.
"""

import errno
import fcntl
import json
import os
import socket
import socketserver
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

from pipeline.local.clickhouse.access import (
    Gate,
    engine_environment,
    find_users_xml,
    make_passwords,
    read_users,
)
from pipeline.local.clickhouse.engine import Engine
from pipeline.local.clickhouse.http import HttpClient
from pipeline.local.clickhouse.native import NativeClient
from pipeline.local.clickhouse.watch import Watch

_LOOPBACK: Final = "127.0.0.1"
PORTS_FILE: Final = "ports.json"


class DirectoryInUseError(Exception):
    """Another process has the data directory open."""


class Server:
    """Serves one data directory."""

    def __init__(
        self, directory: Path, *, native_port: int = 0, http_port: int = 0, or_any: bool = False
    ) -> None:
        """Port 0 is any; with `or_any` one that is taken is replaced, else it raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(directory / "lock")
        passwords = make_passwords(directory / "passwords")
        os.environ.update(engine_environment(passwords))
        users_xml = find_users_xml()
        self._engine = Engine(directory, users_xml)
        gate = Gate(read_users(users_xml), passwords)
        watch = Watch(self._engine.kill)
        self._doors = [
            _door(
                native_port,
                lambda connection: NativeClient(connection, self._engine, gate, watch).serve(),
                or_any=or_any,
            ),
            _door(
                http_port,
                lambda connection: HttpClient(connection, self._engine, gate, watch).serve(),
                or_any=or_any,
            ),
        ]
        self.native_port, self.http_port = (door.server_address[1] for door in self._doors)
        _write_ports(directory / PORTS_FILE, self.native_port, self.http_port)

    def start(self) -> None:
        """Open the doors; returns at once."""
        for door in self._doors:
            Thread(target=door.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the doors, then the engine. Data stay."""
        for door in self._doors:
            door.shutdown()
            door.server_close()
        self._engine.close()
        self._lock.close()


class _Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256


def _door(port: int, serve: Any, *, or_any: bool) -> _Door:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection: socket.socket = self.request
            serve(connection)

    try:
        return _Door((_LOOPBACK, port), Handler)
    except OSError as error:
        if not or_any or error.errno != errno.EADDRINUSE:
            raise
    return _Door((_LOOPBACK, 0), Handler)


def _lock(file: Path) -> IO[str]:
    lock = file.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise DirectoryInUseError(
            f"{file.parent} is in use by another ClickHouse server: stop it first"
        ) from None
    return lock


def _write_ports(file: Path, native_port: int, http_port: int) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"native": native_port, "http": http_port}), encoding="utf-8")
    draft.replace(file)
