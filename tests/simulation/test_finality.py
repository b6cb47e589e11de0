"""What is called final never changes again, but by a source that is late: whatever lags, stalls, dies or is left behind."""

import os
from random import Random

import pytest

from tests.simulation.calm import arrivals
from tests.simulation.watched import Watched

SEEDS = int(os.environ.get("CXSTREAM_SIMULATION_SEEDS", "500")) // 5


def watch(seed: int, *, broken: str = "") -> tuple[str, Watched]:
    world = Watched(seed, broken=broken)
    return world.watch(arrivals(Random(seed))), world


def test_what_is_called_final_never_changes_but_by_a_late_source() -> None:
    watched = {seed: watch(seed) for seed in range(SEEDS)}
    failed = {seed: found for seed, (found, _) in watched.items() if found}
    assert not failed, f"{len(failed)} of {SEEDS} seeds, the first: {next(iter(failed.items()))}"
    worlds = [world for _, world in watched.values()]
    assert sum(world.stats["decisions"] for world in worlds) > 4 * SEEDS
    assert sum(world.late_revisions for world in worlds) > SEEDS / 10, "a late source revises what was final"
    assert sum(world.stats["crashes"] for world in worlds) > SEEDS
    assert sum(world.stats["watchers"] for world in worlds) > SEEDS


@pytest.mark.parametrize(
    "rule",
    [
        "the plain minimum",
        "one round",
        "ends noted before the minimum",
        "a clock taken for proof",
        "marks before the data",
        "progress before the rest",
    ],
)
def test_a_broken_rule_of_finality_is_caught(rule: str) -> None:
    assert any(watch(seed, broken=rule)[0] for seed in range(100)), rule
