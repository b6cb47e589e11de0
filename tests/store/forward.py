"""A TCP forwarder that breaks connections where a test wants it."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from types import TracebackType
from typing import Self


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Forwarder:
    """Passes bytes on; the n-th connection breaks once `breaks[n]` bytes went to the server."""

    def __init__(self, port: int, target: tuple[str, int], *, breaks: list[int] | None = None) -> None:
        self.port = port
        self.broken = 0
        self._target = target
        self._breaks = list(breaks or ())
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", port))

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                budget = self._breaks.pop(0) if self._breaks else None
            server = socket.create_connection(self._target)
            Thread(target=self._pass, args=(client, server, budget), daemon=True).start()
            Thread(target=self._pass, args=(server, client, None), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, budget: int | None) -> None:
        try:
            while data := source.recv(1024):
                if budget is not None:
                    budget -= len(data)
                    if budget < 0:
                        self.broken += 1
                        break
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for each in (source, sink):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
