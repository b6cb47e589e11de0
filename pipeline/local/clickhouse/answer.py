"""Answers of the native protocol: a header, then the blocks as the engine makes them.

What comes in: a statement. What goes out: packets. A large answer is never whole in memory.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Final

from pipeline.local.clickhouse import packets
from pipeline.local.clickhouse.blocks import Column, engine_blocks, header
from pipeline.local.clickhouse.engine import Session
from pipeline.local.clickhouse.failure import Failure
from pipeline.local.clickhouse.statement import Statement
from pipeline.local.clickhouse.watch import Watched

_CANCELLED: Final = 394


class Answer:
    """One query's answer."""

    def __init__(self, send: Callable[[bytes], None], *, compressed: bool) -> None:
        self._send = send
        self._compressed = compressed
        self._rows = self._blocks = self._size = 0

    def of(
        self, statement: Statement, session: Session, parameters: Mapping[str, str], watched: Watched
    ) -> None:
        """Run a statement that is no insert, and send what it answers; what was cancelled ends early. Raises Failure."""
        try:
            if statement.selects:
                self._select(statement.text, session, parameters, watched)
            elif statement.tells:
                self._tell(statement.text, session, parameters)
            else:
                session.run(statement.text, parameters=parameters)
        except Failure as failure:
            if failure.code != _CANCELLED or not watched.given_up:
                raise

    def head(self, columns: Iterable[Column]) -> None:
        """Send names and types: the driver takes them only from a block without rows."""
        self._send(packets.data(header(columns), compressed=self._compressed))

    def taken(self) -> None:
        """Confirm a block of an insert."""
        self._send(packets.NO_EVENTS)

    def _select(self, query: str, session: Session, parameters: Mapping[str, str], watched: Watched) -> None:
        with closing(session.stream(query, parameters)) as chunks:
            for chunk in chunks:
                if watched.given_up:
                    return
                self._pass_on(chunk)
        if not self._blocks:
            self.head(session.columns_of(query, parameters))
        self._send(packets.profile_info(self._rows, self._blocks, self._size))

    def _tell(self, query: str, session: Session, parameters: Mapping[str, str]) -> None:
        self._pass_on(session.run(query, parameters=parameters))
        if not self._blocks:
            self.head(session.columns_of_answer(query, parameters))

    def _pass_on(self, chunk: bytes) -> None:
        for block in engine_blocks(chunk):
            if not self._blocks:
                self.head(block.columns)
            self._send(packets.data(block.data, compressed=self._compressed))
            self._rows += block.rows
            self._blocks += 1
            self._size += len(block.data)
