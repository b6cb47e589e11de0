"""Reads the views, as an analyst does.

What comes in: SQL and named parameters. What goes out: the names of the columns, and rows.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from clickhouse_driver import Client

from pipeline.store.connect import Server, connect
from pipeline.store.errors import explain
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

    def __init__(self, server: Server, *, database: str = "cx", deadline: float = _PATIENCE) -> None:
        self._session = Session(connect(server, database=database), deadline=deadline)

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> Answer:
        """Give the whole answer. Parameters stand in the SQL as {name:Type}. Raises StoreError."""

        def ask(client: Client) -> Answer:
            rows, columns = client.execute(sql, parameters or {}, with_column_types=True)
            return Answer(tuple(name for name, _ in columns), rows)

        return self._session.run(ask, "reading")

    def stream(
        self, sql: str, parameters: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Give the names of the columns, and the rows as they come; ask nothing else until their end.

        Raises StoreError, also between rows.
        """

        def begin(client: Client) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
            rows = client.execute_iter(sql, parameters or {}, with_column_types=True)
            return tuple(name for name, _ in next(rows)), rows

        columns, rows = self._session.run(begin, "reading")
        return columns, _told(rows)

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


def _told(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    try:
        yield from rows
    except Exception as error:
        raise explain(error, "reading") from error
