"""Limits on rejections: a worker stops rather than drain a topic into the dead letters.

What comes in: what became of records, in the order of their partition, by the broker's clock. What goes out: why to stop.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from pipeline.core.row import IntakeRow

_LEAST: Final = 10_000
"""Records in the stretch before a share of them means anything."""


class RejectionLimit:
    """A share of all records over a stretch of time, and a run without a good one in a partition.

    Args:
        ratio: the share that may be refused, of at least 10,000 records.
        stretch: over how many ms.
        run: how many in a row of one partition may be refused.
    """

    def __init__(self, ratio: float, stretch: int, run: int) -> None:
        self._ratio = ratio
        self._stretch = stretch
        self._run = run
        self._runs: dict[tuple[str, int], int] = {}
        self._counted: deque[tuple[int, int, int]] = deque()
        """(newest time, records, rejections) of each flush in the stretch."""

    def hear(self, rows: Sequence[IntakeRow]) -> str:
        """Count a flush; give why to stop, or ""."""
        if not rows:
            return ""
        if (past := self._past_run(rows)) is not None:
            topic, partition = past
            return f"{self._run} records in a row of {topic}/{partition} were refused (rejection_run)"
        now = max(row.received for row in rows)
        self._counted.append((now, len(rows), sum(row.outcome != "accepted" for row in rows)))
        while self._counted[0][0] < now - self._stretch:
            self._counted.popleft()
        records = sum(count for _, count, _ in self._counted)
        refused = sum(count for _, _, count in self._counted)
        if records >= _LEAST and refused > self._ratio * records:
            return f"{refused} of the last {records} records were refused (rejection_ratio)"
        return ""

    def _past_run(self, rows: Sequence[IntakeRow]) -> tuple[str, int] | None:
        """Carry the runs on; give the partition whose run reaches the limit."""
        for row in rows:
            key = (row.topic, row.partition)
            self._runs[key] = 0 if row.outcome == "accepted" else self._runs.get(key, 0) + 1
            if self._runs[key] >= self._run:
                return key
        return None
