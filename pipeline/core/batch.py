"""Blocks, and a batch: what comes into a partition, and where its actors leave what follows.

What comes in: records of the stitch topic. What goes out: their messages; and for a run of consecutive blocks all
that they touched.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.core.message import Belongs, Lend, Message, decode_block, split_block
from pipeline.core.position import Position
from pipeline.core.revision import NEVER, Cause, Heading, Revisions, published_until
from pipeline.core.row import Row
from pipeline.core.touched import Touched
from pipeline.core.window import Contribution


class Block(NamedTuple):
    """One record of the stitch topic: many messages for one partition."""

    offset: int
    raw: Sequence[bytes]
    """The messages as they came; the ledger keeps these bytes."""
    messages: Sequence[Message]
    time: int = 0
    """When the log took it (ms): part of the log, no clock of ours."""


def read_block(offset: int, value: bytes, time: int = 0) -> Block:
    """Decode a block. Raises msgspec.DecodeError: internal messages are never bad, so that is a bug."""
    return Block(offset, [bytes(each) for each in split_block(value)], decode_block(value), time)


class Batch:
    """What a run of consecutive blocks touched. The outbox of its actors."""

    def __init__(self, last: Position) -> None:
        self.last = last
        """Position of its last message: the version of every row."""
        self.told = 0
        """Messages in its blocks."""
        self.ledger: list[Row] = []
        self.words: dict[object, Belongs | Lend] = {}
        self.customers: dict[str, Touched] = {}
        self.links: defaultdict[str, set[str]] = defaultdict(set)
        self.contributions: list[tuple[Position, Contribution]] = []
        self.revisions = Revisions()
        self.unexplained: list[Contribution] = []
        self._block = Heading(last, 0, 0)
        self._published = NEVER

    @property
    def heard_at(self) -> int:
        """Give the log's time of the block that is being folded."""
        return self._block.time

    @property
    def watermark(self) -> int:
        """Give what the partition had heard before the block that is being folded."""
        return self._block.watermark

    def begin(self, block: Heading, *, told_before: bool) -> None:
        """Begin to fold a block; its revisions may have been told before."""
        self._block = block
        self._published = NEVER if told_before else published_until(block.watermark)

    def word(self, word: Belongs | Lend) -> None:
        """Take a word for another actor; the last one for the same interaction counts."""
        if isinstance(word, Belongs):
            self.words[word.sender, word.actor, word.observed.ref] = word
        else:
            self.words[word.sender, word.actor, word.time, word.ref] = word

    def touched(self, customer: str) -> Touched:
        """Give the collection of what was touched of this customer in the batch."""
        touched = self.customers.get(customer)
        if touched is None:
            touched = self.customers[customer] = Touched()
        return touched

    def link(self, actor: str, to: str) -> None:
        """Note that the link from `actor` to `to` was touched."""
        self.links[actor].add(to)

    def count(self, contribution: Contribution, position: int) -> None:
        """Take a contribution to a window."""
        self.contributions.append((Position(position), contribution))
        if contribution.key[1] <= self._published:
            self.unexplained.append(contribution)

    def explain(self, cause: Cause, since: int | None) -> None:
        """Take the cause of all contributions to published windows since the last time."""
        self.revisions.add(self.unexplained, self._block, cause, since)
        self.unexplained.clear()
