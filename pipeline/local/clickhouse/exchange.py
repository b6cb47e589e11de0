"""One HTTP connection: bodies in, answers out, whole or in chunks.

What comes in: a socket. What goes out: requests to `answer`, which a subclass defines, and its replies.
"""

import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.request import Request, request_of

_BODY_LIMIT: Final = 1 << 30
_BAD_REQUEST: Final = 36
_TOO_LARGE: Final = 307
_LINE: Final = 4096


class Exchange(BaseHTTPRequestHandler, ABC):
    """Serves requests until the client leaves."""

    protocol_version = "HTTP/1.1"
    server_version = "ClickHouse"
    sys_version = ""
    timeout = 600
    """Seconds after which an idle connection is closed."""
    begun = False
    """Whether the status of this answer was sent."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    def serve(self) -> None:
        """Answer until the client leaves."""
        with suppress(OSError, EOFError):  # the client left
            super().__init__(self._connection, self._connection.getpeername(), None)  # type: ignore[arg-type]

    @abstractmethod
    def answer(self, request: Request) -> None:
        """Answer one request. Raises Failure."""

    @abstractmethod
    def fail(self, failure: Failure) -> None:
        """Tell of a failure."""

    def do_GET(self) -> None:
        """Answer any method."""
        self.begun = False
        try:
            self.answer(request_of(self.command, self.path, self.headers, self._read_body()))
        except Failure as failure:
            self.fail(failure)

    do_POST = do_HEAD = do_GET  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base class's
        """Refuse what is no request that we answer, such as PUT, in plain text."""
        self.close_connection = True
        text = f"{message or 'this is no request'}: ask by GET or POST\n".encode(errors="replace")
        headers = {"Content-Type": "text/plain; charset=UTF-8", "Connection": "close"}
        self._head(code, {**headers, "Content-Length": str(len(text))})
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Log nothing: addresses may hold passwords."""

    def reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a whole answer."""
        self._head(status, {**headers, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply_in_chunks(self, pieces: Iterable[bytes], headers: Mapping[str, str]) -> None:
        """Send an answer as it comes."""
        self._head(200, {**headers, "Transfer-Encoding": "chunked"})
        for piece in pieces:
            self.chunk(piece)
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        """Send a piece of an answer that has begun."""
        if data:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.begun = True
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _read_body(self) -> bytes:
        try:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                return self._read_chunks()
            size = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            self.close_connection = True
            raise Failure(_BAD_REQUEST, "the body's length is no number") from None
        self._refuse_large(size)
        return self._read(size)

    def _read_chunks(self) -> bytes:
        chunks, total = [], 0
        while size := int(self.rfile.readline(_LINE).partition(b";")[0], 16):
            total += size
            self._refuse_large(total)
            chunks.append(self._read(size))
            self.rfile.readline(_LINE)
        while self.rfile.readline(_LINE).strip():
            pass  # trailers
        return b"".join(chunks)

    def _read(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _refuse_large(self, size: int) -> None:
        if not 0 <= size <= _BODY_LIMIT:
            self.close_connection = True
            raise Failure(_TOO_LARGE, f"a body of {size} bytes is refused: send at most {_BODY_LIMIT}")
