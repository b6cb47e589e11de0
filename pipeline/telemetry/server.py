"""The one port that a worker opens: /metrics, /healthz and /readyz, served by a thread beside the event loop.

A stuck event loop must not keep its own health from being told, so nothing here runs on it.
"""

import errno
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline.telemetry import Telemetry, Verdict

TEXT = "text/plain; charset=utf-8"

log = structlog.get_logger(__name__)

Page = Callable[[], tuple[HTTPStatus, str, bytes]]
"""Status, content type and body, made anew for every request."""


class TelemetryError(Exception):
    """The port cannot be opened."""


class PortTakenError(TelemetryError):
    """Somebody else listens on the port."""


class TelemetryServer:
    """Serves a process's telemetry from entering to leaving the context. Raises TelemetryError on entering."""

    def __init__(self, telemetry: Telemetry, host: str, port: int) -> None:
        try:
            self._server = _Server((host, port), telemetry)
        except OSError as error:
            kind = PortTakenError if error.errno == errno.EADDRINUSE else TelemetryError
            raise kind(
                f"telemetry cannot listen on {host}:{port}: {error.strerror}; set telemetry_port to another, or to 0"
            ) from None
        self._thread = Thread(target=self._server.serve_forever, name="telemetry", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it really listens on."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def __enter__(self) -> Self:
        self._thread.start()
        host, port = self.address
        log.info("telemetry is served", host=host, port=port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], telemetry: Telemetry) -> None:
        super().__init__(address, _Handler)
        self.pages: dict[str, Page] = {
            "/metrics": lambda: (HTTPStatus.OK, CONTENT_TYPE_LATEST, telemetry.text()),
            "/healthz": lambda: _page(telemetry.health.alive()),
            "/readyz": lambda: _page(telemetry.health.ready()),
        }


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "cxstream"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            status, kind, body = (
                HTTPStatus.NOT_FOUND,
                TEXT,
                f"there are {', '.join(self.server.pages)}\n".encode(),
            )
        else:
            status, kind, body = page()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def _page(verdict: Verdict) -> tuple[HTTPStatus, str, bytes]:
    status = HTTPStatus.OK if verdict.good else HTTPStatus.SERVICE_UNAVAILABLE
    return status, TEXT, f"{verdict.why}\n".encode()
