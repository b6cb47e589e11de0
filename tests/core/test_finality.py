"""A watermark is final after as many hops as a word can take, at once where nothing is on its way, and never too early."""

from collections import defaultdict
from itertools import pairwise

import pytest

from pipeline.core.batch import read_block
from pipeline.core.finality import HOPS, Look, Rounds
from pipeline.core.interaction import PERSONS, THINGS
from pipeline.core.meaning import Meaning
from pipeline.core.message import Watermark, encode
from pipeline.core.partition import Partition
from pipeline.core.position import position_of
from pipeline.core.row import FinalityRow, ProgressRow
from pipeline.core.telling import messages_of
from tests.core.build import interaction

LADDER = (*reversed(THINGS), "device", *reversed(PERSONS))
"""One kind for each hop and one more, the weakest first."""


def progress(partition: int, watermark: int, read: int, appended_at: int = 0) -> ProgressRow:
    """Of a partition that has read so many records."""
    return ProgressRow(0, partition, watermark, position_of(0, read - 1, 3), 0, "{}", appended_at)


def look(watermarks: list[int], read: list[int], ends: list[int]) -> Look:
    rows = zip(watermarks, read, strict=True)
    return Look({n: progress(n, w, r, 100 + n) for n, (w, r) in enumerate(rows)}, ends)


def test_where_nothing_is_on_its_way_one_look_decides() -> None:
    positions = (position_of(0, 6, 3), position_of(0, 4, 3))
    assert Rounds(0).look(look([500, 400], [7, 5], [7, 5])) == FinalityRow(0, 400, 101, positions)


def test_while_anything_is_on_its_way_it_takes_every_hop() -> None:
    rounds, looks = Rounds(0), 0
    while rounds.look(look([500], [looks + 1], [looks + 2])) is None:
        looks += 1
    assert looks == HOPS
    assert rounds.final == 500
    assert rounds.passed >= HOPS


def test_a_partition_that_does_not_get_to_the_noted_ends_holds_finality_up() -> None:
    rounds = Rounds(0)
    rounds.look(look([500, 500], [1, 1], [2, 2]))
    assert not any(rounds.look(look([500, 500], [9 + n, 1], [99, 2])) for n in range(3 * HOPS))


@pytest.mark.parametrize("rows", [{}, {0: progress(0, 500, 7)}], ids=["none", "one of two"])
def test_before_every_partition_has_progress_nothing_is_final(rows: dict[int, ProgressRow]) -> None:
    assert Rounds(0).look(Look(rows, [7, 0])) is None


def test_ends_from_before_what_is_in_the_tables_count_for_nothing() -> None:
    rounds = Rounds(0)
    assert rounds.look(look([500, 500], [7, 5], [7, 4])) is None
    assert rounds.final == 0


def test_what_is_final_never_falls() -> None:
    rounds = Rounds(0)
    assert rounds.look(look([500], [7], [7])) is not None
    assert rounds.look(look([400], [8], [8])) is None, "a source was declared that was not heard yet"
    assert rounds.final == 500


def test_the_next_round_does_not_wait_for_the_end_of_the_one_before() -> None:
    rounds, decided = Rounds(0), []
    for n in range(1, 4 * HOPS):
        row = rounds.look(look([1000 + n], [n], [n + 1]))
        decided += [row.watermark] if row else []
    assert decided == [1001 + n for n in range(len(decided))]
    assert len(decided) > 2 * HOPS


class Stitch:
    """A partition for each identifier of the longest chain, all of which are always at work."""

    def __init__(self) -> None:
        self.number = {f"{kind}:x": n for n, kind in enumerate(LADDER)}
        self.partitions = [Partition(0, n, Meaning(), sources=("web/0",)) for n in self.number.values()]
        self.log: defaultdict[int, list[bytes]] = defaultdict(list)
        self.read = [0] * len(LADDER)
        self.rows: dict[int, ProgressRow] = {}

    def ends(self) -> list[int]:
        return [len(self.log[n]) for n in self.number.values()]

    def send(self, *messages: object, to: int | None = None) -> None:
        for message in messages:
            number = self.number[message.actor] if to is None else to
            self.log[number].append(encode([message]))

    def step(self, time: int) -> None:
        """Read up to where the logs ended, and be told a watermark that is behind that."""
        for number, end in enumerate(self.ends()):
            self._read(number, end)
            self.send(Watermark("web", 0, time), to=number)

    def _read(self, number: int, end: int) -> None:
        one, log = self.partitions[number], self.log[number]
        blocks = [read_block(offset, log[offset]) for offset in range(self.read[number], end)]
        one.warm(one.cold(blocks), {})
        batch = one.fold(blocks)
        one.warm_windows(one.cold_windows(batch), {})
        one.rows(batch)
        self.send(*batch.words.values())
        self.rows[number], self.read[number] = one.progress(batch, 0), end

    def holds(self, identifier: str) -> bool:
        """Whether it is the customer of the interaction."""
        actor = self.partitions[self.number[identifier]].actors.get(identifier)
        return actor is not None and ("web", "seen") in actor.heard and actor.customer is not None


@pytest.mark.parametrize(("hops", "arrived"), [(HOPS, True), (HOPS - 1, False)])
def test_the_longest_chain_needs_every_hop(hops: int, *, arrived: bool) -> None:
    stitch, chain = Stitch(), [f"{kind}:x" for kind in LADDER]
    for stronger, weaker in pairwise(reversed(chain)):
        stitch.send(*messages_of(interaction("page_viewed", at="10:00", ids=f"{stronger} {weaker}")))
    stitch.step(0)  # every actor knows the next stronger one
    for _ in LADDER:
        stitch.step(0)
    seen = interaction("page_viewed", at="10:01", ids=chain[0], source="web", id="seen")
    stitch.send(*messages_of(seen))
    rounds, final = Rounds(0, hops=hops), 0
    for number in range(len(LADDER)):
        stitch.send(Watermark("web", 0, seen.time + 1), to=number)
    while final <= seen.time:
        stitch.step(seen.time + 1)
        row = rounds.look(Look(dict(stitch.rows), stitch.ends()))
        final = row.watermark if row else 0
    assert stitch.holds("customer:x") == arrived
