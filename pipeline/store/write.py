"""Writes rows, one columnar insert per table and batch.

What comes in: rows as pipeline/core/row.py names them, integers for times. What goes out: nothing; when `write`
returns, ClickHouse has confirmed the rows. What may be lost: nothing; a write that fails in the middle may have
left some rows, which the next try writes again, the same.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Final

from pipeline.core.row import TABLES
from pipeline.store.connect import Server, connect
from pipeline.store.session import DEADLINE, Session

_INSERTS: Final = {
    table: f"INSERT INTO cx_store.{table} ({', '.join(row._fields)}) VALUES" for table, row in TABLES.items()
}


class Writer:
    """Writes from one thread at a time."""

    def __init__(self, server: Server, *, deadline: float = DEADLINE) -> None:
        self._session = Session(connect(server, writes=True), deadline=deadline)

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows and wait until they are confirmed. Raises StoreError."""
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        self._session.run(
            lambda client: client.execute(_INSERTS[table], columns, columnar=True), f"writing {table}"
        )

    def stop(self, within: float) -> None:
        """Give up what keeps failing after so many seconds from now."""
        self._session.stop(within)

    def close(self) -> None:
        """Leave the server."""
        self._session.close()


class WriterPool:
    """Writes several tables at once, each from a thread of its own."""

    def __init__(self, server: Server, *, threads: int = 4, deadline: float = DEADLINE) -> None:
        self._all = [Writer(server, deadline=deadline) for _ in range(threads)]
        self._free: SimpleQueue[Writer] = SimpleQueue()
        for writer in self._all:
            self._free.put(writer)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="write")

    async def write_all(self, batches: Mapping[str, Sequence[tuple[Any, ...]]]) -> dict[str, float]:
        """Write every table, wait until all have settled, and give the seconds that each took.

        Raises:
            StoreError: the first that any table met; the others may be written or not.
        """
        loop = asyncio.get_running_loop()
        tables = sorted(
            (table for table in batches if batches[table]), key=lambda table: -len(batches[table])
        )
        writes = [loop.run_in_executor(self._threads, self._write, table, batches[table]) for table in tables]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        seconds: dict[str, float] = {}
        for table, outcome in zip(tables, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            seconds[table] = outcome
        return seconds

    def stop(self, within: float) -> None:
        """Give up what keeps failing after so many seconds from now."""
        for writer in self._all:
            writer.stop(within)

    def close(self) -> None:
        """Wait for writes that are under way, and leave the server."""
        self._threads.shutdown()
        for writer in self._all:
            writer.close()

    def _write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> float:
        started = time.perf_counter()
        writer = self._free.get()
        try:
            writer.write(table, rows)
        finally:
            self._free.put(writer)
        return time.perf_counter() - started
