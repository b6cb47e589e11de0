"""Notices that a client gave up while the engine works for it, and ends the query.

What comes in: connections whose query runs. What goes out: calls of `kill` with the query's tag, until the query ends.
One thread for all connections; nothing is read from them, only peeked at.
"""

import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Final

_CANCEL: Final = b"\x03"
"""The native protocol's packet; over HTTP a client that gives up hangs up."""
_RETRY_SECONDS: Final = 0.1
"""A query that had not begun when it was killed is killed again."""


class Watched:
    """One running query."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.given_up = False
        """The client asked to cancel, or left."""


class Watch:
    """Watches connections from a thread of its own."""

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._selector = selectors.DefaultSelector()
        self._lock = Lock()
        self._running: set[Watched] = set()
        self._given_up: set[Watched] = set()
        Thread(target=self._run, name="watch", daemon=True).start()

    @contextmanager
    def over(self, connection: socket.socket, tag: str) -> Iterator[Watched]:
        """Watch a connection while its query runs."""
        watched = Watched(tag)
        with self._lock:
            self._running.add(watched)
            self._selector.register(connection, selectors.EVENT_READ, watched)
        try:
            yield watched
        finally:
            with self._lock:
                self._running.discard(watched)
                self._given_up.discard(watched)
                self._forget(connection)

    def _run(self) -> None:
        while True:
            ready = self._selector.select(_RETRY_SECONDS if self._given_up else None)
            with self._lock:
                for key, _ in ready:
                    self._look(key)
                tags = [watched.tag for watched in self._given_up]
            for tag in tags:
                with suppress(Exception):  # the query may have ended by itself
                    self._kill(tag)

    def _look(self, key: selectors.SelectorKey) -> None:
        connection, watched = key.fileobj, key.data
        if watched not in self._running or not isinstance(connection, socket.socket):
            return  # its query ended meanwhile
        self._forget(connection)
        try:
            came = connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            came = b""
        if came in {b"", _CANCEL}:
            watched.given_up = True
            self._given_up.add(watched)

    def _forget(self, connection: socket.socket) -> None:
        with suppress(KeyError, ValueError):  # forgotten before, or closed
            self._selector.unregister(connection)
