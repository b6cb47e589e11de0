"""Reads the views, as an analyst does.

What comes in: SQL and named parameters. What goes out: the names of the columns, and rows.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from clickhouse_driver import Client, errors

from pipeline.store.connect import Server, connect
from pipeline.store.errors import is_broken, why_broken
from pipeline.store.queries import query as stored
from pipeline.store.session import Session

_PATIENCE = 10.0
"""Seconds that a person waits for a server that does not answer."""


class Answer(NamedTuple):
    """What a query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Reader:
    """Reads from one thread at a time; others wait."""

    def __init__(
        self, server: Server, *, database: str = "cx", deadline: float = _PATIENCE, theirs: bool = False
    ) -> None:
        """With `theirs` the statements are somebody's own: what is wrong with them is told in the engine's words."""
        self._server = server
        self._doing = "" if theirs else "reading"
        self._session = Session(connect(server, database=database), deadline=deadline, may_pass=is_broken)

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> Answer:
        """Give the whole answer. Parameters stand in the SQL as {name:Type}. Raises StoreError."""

        def ask(client: Client) -> Answer:
            _greet(client, self._server)
            rows, columns = client.execute(sql, parameters or {}, with_column_types=True)
            return Answer(tuple(name for name, _ in columns), rows)

        return self._session.run(ask, self._doing)

    def stream(
        self, sql: str, parameters: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Give the names of the columns, and the rows as they come; ask nothing else until their end.

        Raises StoreError, also between rows.
        """

        def begin(client: Client) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
            _greet(client, self._server)
            rows = client.execute_iter(sql, parameters or {}, with_column_types=True)
            return tuple(name for name, _ in next(rows)), rows

        columns, rows = self._session.run(begin, self._doing)
        return columns, self._told(rows)

    def checksums(self) -> dict[str, str]:
        """Give each view's checksum: of its rows in any order, without what the watermark decides. Raises StoreError."""
        return {
            view: f"{size}-{checksum:016x}" for view, size, checksum in self.query(stored("checksums")).rows
        }

    def version(self) -> str:
        """Give the server's version. Raises StoreError."""
        return str(self.query(stored("version")).rows[0][0])

    def close(self) -> None:
        """Leave the server."""
        self._session.close()

    def _told(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from rows
        except Exception as error:
            raise self._session.explained(error, self._doing) from error


def why_silent(server: Server, seconds: float) -> str:
    """Say why no ClickHouse greets us at a server's address, "" if one does, even if it refuses the user."""
    impatient = msgspec.structs.replace(server, connect_timeout=seconds)
    client = connect(impatient)
    try:
        _greet(client, impatient)
    except errors.ServerException:
        return ""
    except Exception as error:  # noqa: BLE001 - whatever a port that is no ClickHouse leads the driver to
        return why_broken(error, server.address)
    finally:
        client.disconnect()
    return ""


def _greet(client: Client, server: Server) -> None:
    """Connect, if we are not: a server that hangs takes connections and never greets; an answer may take longer."""
    connection = client.connection
    if not connection.connected:
        connection.send_receive_timeout = server.connect_timeout
        connection.connect()
        connection.send_receive_timeout = server.answer_timeout
        connection.socket.settimeout(server.answer_timeout)
