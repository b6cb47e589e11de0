"""Revisions: later changes of metric windows that were already published, and why they came.

What comes in: contributions of one block to windows that the watermark has passed, and the cause of each settling.
What goes out: one row per window, block, reason and news; a function of the log (docs/decisions/0088).
"""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, get_args

from pipeline.core.position import Position, epoch_of
from pipeline.core.row import RevisionRow
from pipeline.core.window import Contribution, Key

Reason = Literal[
    "in_time", "late_interaction", "identity_linked", "identity_unlinked", "better_copy", "limit", "erased"
]
"""Why an actor's news came when it came."""

REASONS: Final = get_args(Reason)
"""Words carry the place in this list, so it only ever grows at its end."""
IN_TIME, LATE, LINKED, UNLINKED, BETTER_COPY, LIMIT, ERASED = range(len(REASONS))
"""Of several causes of one settling the greatest counts."""

RESOLVED: Final = "resolved"
"""In time, and changes an earlier window: an order that rescues a cart, a later answer to a survey."""
DELAYED: Final = "delayed"
"""In time, but the word from another partition came after the watermark."""

NEVER: Final = -1
"""The last published minute while nothing is."""
_MINUTE: Final = 60


class Cause(NamedTuple):
    """Why something moved, and when the log got to know what caused it."""

    reason: int = IN_TIME
    heard_at: int = 0
    """The log's time (ms) of the first actor's block; 0 for the present block."""


def published_until(watermark: int) -> int:
    """Give the last minute (its start, s) that a watermark (ms) has passed; NEVER for none."""
    return watermark // 1000 - _MINUTE if watermark else NEVER


class Heading(NamedTuple):
    """A block as far as revisions need it."""

    position: Position
    time: int
    """The log's time (ms)."""
    watermark: int
    """What its partition had heard before it (ms)."""


class Change:
    """What one block changed of one window for one reason."""

    __slots__ = ("contributions", "denominator", "n", "numerator")

    def __init__(self) -> None:
        self.numerator = 0
        self.denominator = 0
        self.n = 0
        self.contributions = 0

    def add(self, contribution: Contribution) -> None:
        """Add what a contribution changes."""
        self.numerator += contribution.numerator
        self.denominator += contribution.denominator
        self.n += contribution.n

    def __bool__(self) -> bool:
        return bool(self.numerator or self.denominator or self.n)


class Revisions:
    """All revisions of a batch."""

    def __init__(self) -> None:
        self._changes: dict[tuple[Key, Heading, str, int], Change] = {}

    def add(
        self, contributions: Iterable[Contribution], block: Heading, cause: Cause, since: int | None
    ) -> None:
        """Take what one cause contributed to published windows; `since` is when the earliest of what came happened."""
        sums: dict[Key, Change] = {}
        for contribution in contributions:
            sums.setdefault(contribution.key, Change()).add(contribution)
        for key, change in sums.items():
            if change:
                reason = REASONS[cause.reason] if cause.reason else _in_time(key, since)
                name = (key, block, reason, cause.heard_at or block.time)
                total = self._changes.setdefault(name, Change())
                total.numerator += change.numerator
                total.denominator += change.denominator
                total.n += change.n
                total.contributions += 1

    def __bool__(self) -> bool:
        return bool(self._changes)

    def rows(self, partition: int) -> Iterator[RevisionRow]:
        """Give the row of each that changed anything."""
        for (key, block, reason, heard_at), change in self._changes.items():
            if change:
                where = (epoch_of(block.position), partition, block.position, reason, heard_at)
                changed = (change.numerator, change.denominator, change.n, change.contributions)
                times = (block.time, block.watermark)
                yield RevisionRow._make((*key[:-1], *key[-1], *where, *changed, *times))


def _in_time(key: Key, since: int | None) -> str:
    return DELAYED if since is not None and key[1] * 1000 >= since - since % 60_000 else RESOLVED
