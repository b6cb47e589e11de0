"""A stitch partition whose log does not belong to the tables is refused before anything is written."""

from collections.abc import Collection

import pytest

from pipeline.agents.assignment import Assignment, Limits, LogError
from pipeline.core.meaning import Meaning
from pipeline.core.partition import Partition
from pipeline.core.position import position_of
from pipeline.core.row import ProgressRow, WindowRow
from pipeline.core.window import Key


class Tables:
    """Tables that have read partition 3 up to an offset."""

    def __init__(self, read_to: int | None) -> None:
        self._read_to = read_to

    def ledger(self, actors: Collection[str], before: int) -> dict[str, list[tuple[int, bytes]]]:
        raise AssertionError("nothing is known, so nothing is asked for")

    def windows(self, keys: Collection[Key], epoch: int, partition: int) -> dict[Key, WindowRow]:
        raise AssertionError("nothing is known, so nothing is asked for")

    def progress(self, epoch: int) -> dict[int, ProgressRow]:
        if self._read_to is None:
            return {}
        return {3: ProgressRow(epoch, 3, 0, position_of(epoch, self._read_to, 5), 0, "{}", 0)}

    def known_actors(self, partition: int, before: int, *, limit: int) -> set[str]:
        return set()

    def known_windows(self, epoch: int, partition: int, *, limit: int) -> set[Key]:
        return set()


async def resume(*, read_to: int | None, first: int, end: int) -> None:
    partition = Partition(0, 3, Meaning(), sources=())
    await Assignment(1, partition, Tables(read_to), Limits()).resume(first, end)


@pytest.mark.parametrize(
    ("read_to", "first"), [(None, 0), (9, 10), (9, 4)], ids=["new", "goes on", "set back"]
)
async def test_a_log_that_goes_on_is_taken(read_to: int | None, first: int) -> None:
    await resume(read_to=read_to, first=first, end=20)


async def test_a_topic_that_was_made_anew_is_refused() -> None:
    with pytest.raises(LogError, match="made anew"):
        await resume(read_to=9, first=0, end=5)


async def test_an_offset_that_skips_what_was_not_written_is_refused() -> None:
    with pytest.raises(LogError, match="without being written"):
        await resume(read_to=9, first=12, end=20)
