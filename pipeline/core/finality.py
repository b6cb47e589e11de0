"""Up to when everything that came in time is in the tables: decided in rounds (architecture.md, section 4, Watermarks).

What comes in: looks, each the progress of all stitch partitions, and the end offsets of their log, asked for *after* that
progress was read. What goes out: a watermark that is final; it only rises. Nothing may be lost: who looks anew begins with
new rounds, and what was decided stays true, whoever says it and however late.

Why rounds. W, the minimum of progress, says that what the raw partitions had before W is told to its first actors, in every
partition. They have sent words on to stronger identifiers, which may still lie in a log, or be answered with further words.
All words that follow from what was told are in the logs before the ends that are asked for now. Once progress has passed those ends,
these are told too, and what follows from *them* lies before the ends of that moment: one hop more. After as many hops as
a word can take, nothing is on its way, and W is final.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from pipeline.core.interaction import PERSONS, THINGS
from pipeline.core.position import offset_of
from pipeline.core.row import FinalityRow, ProgressRow

HOPS: Final = len(THINGS) + len(PERSONS)
"""How often a word is passed on at most. An actor sends words to a stronger identifier only: a thing to one of a stronger
kind, to a machine, or to a person; a machine, of either kind, to a person; a person to one of a stronger kind. So the longest
chain has a thing of each kind, one machine, and a person of each kind, and one hop less than identifiers."""


class _Round(msgspec.Struct):
    """A watermark on its way to being final."""

    watermark: int
    ends: Sequence[int]
    """Progress must pass these; by partition."""
    hops: int
    """How often it must do so yet."""


class Look(NamedTuple):
    """What one look saw."""

    progress: Mapping[int, ProgressRow]
    """By stitch partition."""
    ends: Sequence[int]
    """Offset after the last record of each stitch partition, asked for after `progress` was read."""

    @property
    def read(self) -> list[int]:
        """Offset after the last record of each partition that is in the tables."""
        rows = map(self.progress.get, range(len(self.ends)))
        return [0 if row is None else offset_of(row.position) + 1 for row in rows]

    @property
    def heard(self) -> int:
        """The minimum of progress in ms; 0 until every partition has some."""
        rows = map(self.progress.get, range(len(self.ends)))
        return min((0 if row is None else row.watermark for row in rows), default=0)


class Rounds:
    """The rounds that are under way. One round begins when the one before has made its first hop, so there are few."""

    def __init__(self, epoch: int, *, hops: int = HOPS) -> None:
        self.epoch = epoch
        self.final = 0
        """Greatest watermark that was decided here, in ms; 0 before."""
        self.passed = 0
        """Hops that were passed."""
        self._hops = hops
        self._rounds: list[_Round] = []

    def look(self, look: Look) -> FinalityRow | None:
        """Go on with the rounds; give what became final.

        Ends that lie before what is in the tables are an old answer, of a broker that leads no more: such a look counts for nothing.
        """
        read, ends = look.read, look.ends
        if any(end < done for end, done in zip(ends, read, strict=True)):
            return None
        before = self.final
        if _passed(
            read, ends
        ):  # all that is in the logs is told, and no more came of it: nothing is on its way
            self._rounds.clear()
            self.final = max(before, look.heard)
        else:
            self._go_on(read, ends)
            self._begin(look.heard, ends)
        return self._row(look) if self.final > before else None

    def _go_on(self, read: Sequence[int], ends: Sequence[int]) -> None:
        for each in self._rounds:
            if _passed(read, each.ends):
                each.ends, each.hops = ends, each.hops - 1
                self.passed += 1
        decided = [each.watermark for each in self._rounds if not each.hops]
        self.final = max(self.final, *decided, 0)
        self._rounds = [each for each in self._rounds if each.hops]

    def _begin(self, watermark: int, ends: Sequence[int]) -> None:
        last = self._rounds[-1] if self._rounds else _Round(self.final, (), 0)
        if last.hops < self._hops and watermark > last.watermark:
            self._rounds.append(_Round(watermark, ends, self._hops))

    def _row(self, look: Look) -> FinalityRow:
        rows = [look.progress[number] for number in range(len(look.ends))]
        decided_at = max(row.appended_at for row in rows)
        return FinalityRow(self.epoch, self.final, decided_at, tuple(row.position for row in rows))


def _passed(read: Sequence[int], ends: Sequence[int]) -> bool:
    return all(done >= end for done, end in zip(read, ends, strict=True))
