"""The worker of this machine, as its own telemetry tells."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Final

from pipeline.cli.examine.finding import Finding
from pipeline.settings import Settings

_SECONDS: Final = 3.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, never bound


def worker(settings: Settings) -> Iterator[Finding]:
    """Findings about the worker whose telemetry port the settings name."""
    if settings.telemetry_port == 0:
        yield Finding(
            "worker", "attention", "cannot tell: telemetry_port is 0", "its log says which port it took"
        )
        return
    host = _host(settings)
    place = f"{host}:{settings.telemetry_port}"
    try:
        alive, why = _ask(host, settings.telemetry_port, "/healthz")
        ready, state = _ask(host, settings.telemetry_port, "/readyz")
    except (OSError, HTTPException):
        cure = "if one should run here: cxstream worker, or cxstream up"
        yield Finding("worker", "attention", f"none answers at {place}", cure)
        return
    if not alive:
        yield Finding("worker", "wrong", f"{place}: {why}", "its log says more; restart it, nothing is lost")
    elif not ready:
        yield Finding(
            "worker", "attention", f"{place}: {state}", "fine for a minute after its start; else see its log"
        )
    else:
        yield Finding("worker", "good", f"{place}: {state}")


def answers(settings: Settings) -> bool:
    """Whether a worker answers at the telemetry port that the settings name."""
    try:
        _ask(_host(settings), settings.telemetry_port, "/healthz")
    except (OSError, HTTPException):
        return False
    return True


def _host(settings: Settings) -> str:
    return _EVERYWHERE.get(settings.telemetry_host, settings.telemetry_host)


def _ask(host: str, port: int, path: str) -> tuple[bool, str]:
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status == 200, answer.read(1000).decode(errors="replace").strip()  # noqa: PLR2004 - HTTP's OK
    finally:
        connection.close()
