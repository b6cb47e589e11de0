"""Workers whose wall clocks are wrong, and topics that are read long after: the same views, row by row."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli.demonstration import Demonstration
from pipeline.local.demo.shop import Shop
from pipeline.local.stack import LocalStack

SHIFTED = Path(__file__).parent / "shifted"
DAY = 86_400


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack whose topics hold a shop's weeks, and whose tables say what a worker with the right clock makes of them."""
    with LocalStack(tmp_path_factory.mktemp("stack") / "data") as stack:
        stack.start_worker()
        demonstration = Demonstration(stack, Console(quiet=True))
        asyncio.run(
            demonstration.run(
                Shop(11, int(time.time() * 1000), 3_000).records(), title="with the right clock"
            )
        )
        stack.stop_worker()
        yield stack


@pytest.mark.timeout(240)
@pytest.mark.parametrize("days", [-1, 1, 30])
def test_a_wrong_clock_or_an_old_topic_gives_the_same_views(
    days: int, told: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Demonstration(told, Console(quiet=True)).checksums()
    monkeypatch.setenv("PYTHONPATH", str(SHIFTED))
    monkeypatch.setenv("CLOCK_IS_OFF_BY", str(days * DAY))
    with told.beside(tmp_path / "data", group=f"clock{days}", stitch=f"stitch.clock{days}") as stack:
        stack.start_worker()
        other = Demonstration(stack, Console(quiet=True))
        asyncio.run(other.settle(f"{days} days off"))
        found = other.checksums()
    assert found == expected
    for view in ("touchpoints", "sessions", "journeys", "metric_windows"):
        assert not found[view].startswith("0-"), f"{view} is empty"
