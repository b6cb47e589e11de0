"""HTTP: one request, one query.

What comes in: a socket. What goes out: answers in the format that the query names.
"""

import http.server
import socket

from pipeline.local.clickhouse.access import Gate
from pipeline.local.clickhouse.engine import Engine


class HttpClient:
    """Serves one connection."""

    def __init__(self, connection: socket.socket, engine: Engine, gate: Gate) -> None:
        self._connection = connection
        self._engine = engine
        self._gate = gate

    def serve(self) -> None:
        """Answer until the client leaves."""
        self._connection.recv(65536)
        self._connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nOk.\n")
