"""The ledger protocol on the real core: whatever crashes, stalls, repeats or comes late, the tables equal the oracle."""

import os
from random import Random

import pytest

from tests.simulation.scenario import interactions
from tests.simulation.world import World

SEEDS = int(os.environ.get("CXSTREAM_SIMULATION_SEEDS", "500"))


def differences(seed: int, *, broken: str = "") -> str:
    return World(seed, broken=broken).run(interactions(Random(seed)))


def test_tables_equal_the_oracle_under_crashes_stale_workers_and_resends() -> None:
    failed = {seed: found for seed in range(SEEDS) if (found := differences(seed))}
    assert not failed, f"{len(failed)} of {SEEDS} seeds, the first: {next(iter(failed.items()))}"


def test_the_simulation_meets_crashes_and_stale_workers() -> None:
    worlds = [World(seed) for seed in range(30)]
    for seed, world in enumerate(worlds):
        world.run(interactions(Random(seed)))
    assert sum(w.stats["crashes"] for w in worlds) > 20
    assert sum(w.stats["stale"] for w in worlds) > 20


@pytest.mark.parametrize("rule", ["newest ledger", "acknowledged first", "a word dropped"])
def test_a_broken_rule_is_caught(rule: str) -> None:
    assert any(differences(seed, broken=rule) for seed in range(100)), rule


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = World(7), World(7)
    first.run(interactions(Random(7)))
    second.run(interactions(Random(7)))
    assert first.stats == second.stats
