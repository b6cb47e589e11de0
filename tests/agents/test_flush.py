"""The rhythm of an agent: prepare ahead by one, confirm in order, stop at the first failure."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from pipeline.agents.flush import run


class Stage:
    """Notes what happens; fails where told to."""

    def __init__(self, *, fails: str = "") -> None:
        self.happened: list[str] = []
        self._fails = fails

    async def prepare(self, events: Sequence[int]) -> int:
        self.happened.append(f"prepare {events[0]}")
        self._fail(f"prepare {events[0]}")
        await asyncio.sleep(0)
        return events[0]

    async def confirm(self, work: int) -> None:
        await asyncio.sleep(0.01)
        self._fail(f"confirm {work}")
        self.happened.append(f"confirmed {work}")

    def _fail(self, what: str) -> None:
        if what == self._fails:
            raise RuntimeError(what)


async def flushes(count: int, *, then_wait: bool = False) -> AsyncIterator[list[int]]:
    for n in range(count):
        yield [n]
    if then_wait:
        await asyncio.Event().wait()


async def test_a_flush_is_prepared_while_the_one_before_is_confirmed() -> None:
    stage = Stage()
    await run(flushes(3), stage)
    assert stage.happened == [
        "prepare 0",
        "prepare 1",
        "confirmed 0",
        "prepare 2",
        "confirmed 1",
        "confirmed 2",
    ]


async def test_a_failed_confirmation_ends_the_agent_even_if_nothing_more_comes() -> None:
    stage = Stage(fails="confirm 1")
    with pytest.raises(RuntimeError, match="confirm 1"):
        await asyncio.wait_for(run(flushes(2, then_wait=True), stage), 5)
    assert "confirmed 0" in stage.happened


async def test_nothing_is_confirmed_after_a_failure() -> None:
    stage = Stage(fails="confirm 0")
    with pytest.raises(RuntimeError, match="confirm 0"):
        await run(flushes(5), stage)
    await asyncio.sleep(0.05)
    assert not [each for each in stage.happened if each.startswith("confirmed")]
