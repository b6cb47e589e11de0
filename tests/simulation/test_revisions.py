"""The history of revisions is a function of the log: crashes, stale workers and other batches change no row of it."""

from collections import defaultdict
from random import Random

import pytest

from pipeline.core.batch import read_block
from pipeline.core.message import Watermark
from pipeline.core.partition import Partition
from pipeline.core.revision import DELAYED, REASONS, RESOLVED
from pipeline.core.row import RevisionRow, WindowRow
from pipeline.core.window import Key
from tests.simulation.scenario import interactions
from tests.simulation.test_exactness import SEEDS
from tests.simulation.world import World

Sums = dict[Key, tuple[int, int, int]]


def lived(seed: int, *, broken: str = "") -> World:
    world = World(seed, broken=broken)
    assert not world.run(interactions(Random(seed)))
    return world


def told_again(world: World) -> tuple[set[RevisionRow], Sums]:
    """Tell every log again, block by block and without faults: the revisions, and what windows had at first."""
    rows: set[RevisionRow] = set()
    first: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    for number, log in enumerate(world.log):
        partition, watermark = Partition(0, number, world.meaning, sources=("raw/0",)), 0
        for offset, value in enumerate(log):
            block = read_block(offset, value, world.times[number][offset])
            partition.warm(partition.cold([block]), {})
            batch = partition.fold([block])
            for _, (key, *change, _, _) in batch.contributions:
                if not watermark or (key[1] + 60) * 1000 > watermark:
                    first[key] = [had + more for had, more in zip(first[key], change, strict=True)]
            partition.warm_windows(partition.cold_windows(batch), {})
            rows.update(
                row for row in partition.rows(batch)["metric_revisions"] if isinstance(row, RevisionRow)
            )
            watermark = max([watermark, *(m.time for m in block.messages if isinstance(m, Watermark))])
    return rows, {key: (had[0], had[1], had[2]) for key, had in first.items()}


def present(world: World) -> Sums:
    sums: Sums = {}
    for _, row in world.store.rows.values():
        if isinstance(row, WindowRow):
            numerator, denominator, n = sums.get(row.key, (0, 0, 0))
            sums[row.key] = (numerator + row.numerator, denominator + row.denominator, n + row.n)
    return {key: values for key, values in sums.items() if any(values)}


def with_revisions(first: Sums, revisions: set[RevisionRow]) -> Sums:
    sums = dict(first)
    for row in revisions:
        around = (row.country, row.device, row.app_version, row.campaign, row.experiments)
        key = (row.metric, row.window, row.channel, row.source, row.currency, row.declared, around)
        numerator, denominator, n = sums.get(key, (0, 0, 0))
        sums[key] = (numerator + row.numerator, denominator + row.denominator, n + row.n)
    return {key: values for key, values in sums.items() if any(values)}


@pytest.fixture(scope="module")
def lives() -> list[tuple[World, set[RevisionRow], Sums]]:
    worlds = [lived(seed) for seed in range(SEEDS // 4)]
    return [(world, *told_again(world)) for world in worlds]


def test_crashes_and_stale_workers_write_the_revisions_that_the_log_implies_and_no_others(
    lives: list[tuple[World, set[RevisionRow], Sums]],
) -> None:
    differ = [seed for seed, (world, rows, _) in enumerate(lives) if world.store.revisions != rows]
    assert differ == []
    assert sum(len(rows) for _, rows, _ in lives) > len(lives)


def test_first_value_and_all_revisions_add_up_to_the_present_value(
    lives: list[tuple[World, set[RevisionRow], Sums]],
) -> None:
    for world, _, first in lives:
        assert with_revisions(first, world.store.revisions) == present(world)


@pytest.mark.parametrize("rule", ["watermark not as of the log", "told before its position"])
def test_a_watermark_that_is_not_as_of_the_log_is_caught(rule: str) -> None:
    worlds = (lived(seed, broken=rule) for seed in range(200))
    assert any(world.store.revisions != told_again(world)[0] for world in worlds)


def test_the_simulation_meets_every_reason() -> None:
    missing = {*REASONS, RESOLVED, DELAYED} - {"in_time", "erased"}
    for seed in range(1000):
        missing -= {row.reason for row in lived(seed).store.revisions}
        if not missing:
            return
    raise AssertionError(missing)
