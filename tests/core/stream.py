"""The stream core over one partition in memory: what the tables show once everything was told and quiet."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pipeline.core.batch import read_block
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import Message, encode
from pipeline.core.partition import Partition
from pipeline.core.row import IdentityRow, Row, TouchpointRow, WindowRow
from pipeline.core.telling import messages_of
from pipeline.core.window import Key
from pipeline.verify import sums
from tests.simulation.world import FLOWS, key_of_row

Each = TypeVar("Each", bound=Row)


class Stream:
    """Tell interactions, one block each, and read rows."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        self._meaning = meaning or Meaning(flows=FLOWS)
        self._partition = Partition(0, 0, self._meaning, sources=())
        self._offset = 0
        self._rows: dict[tuple[object, ...], Any] = {}

    def tell(self, interactions: Iterable[Interaction]) -> "Stream":
        """Tell them one after the other, each with all that follows from it."""
        for interaction in interactions:
            words: Sequence[Message] = messages_of(interaction, self._meaning.reads)
            while words:
                words = self._tell(words)
        return self

    def _tell(self, messages: Sequence[Message]) -> list[Message]:
        blocks = [read_block(self._offset, encode(messages))]
        self._offset += 1
        self._partition.warm(self._partition.cold(blocks), {})
        batch = self._partition.fold(blocks)
        self._partition.warm_windows(self._partition.cold_windows(batch), {})
        for table, rows in self._partition.rows(batch).items():
            if table != "ledger":
                self._rows.update((key_of_row(row), row) for row in rows)
        return list(batch.words.values())

    def rows(self, kind: type[Each]) -> set[Each]:
        """Give the rows of a table that are not tombstones, without their versions."""
        found = [row for row in self._rows.values() if isinstance(row, kind)]
        return {row._replace(version=0) for row in found if not getattr(row, "is_deleted", 0)}

    def windows(self) -> dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]:
        """Give numerator, denominator, n and histogram of each window that is not all zero, by its key."""
        return sums(row for row in self._rows.values() if isinstance(row, WindowRow))

    def customers(self) -> dict[str, str]:
        """Give the customer of each interaction, by its id."""
        return {row.id: row.customer for row in self.rows(TouchpointRow)}

    def links(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Give state and reason of each link."""
        rows = self.rows(IdentityRow)
        return {(row.from_identifier, row.to_identifier): (row.state, row.reason) for row in rows}
