"""A backlog is handed over in the order in which the broker took it."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kafka.alignment import PATIENCE_SECONDS, Alignment


def records(*timestamps: int) -> list[SimpleNamespace]:
    return [SimpleNamespace(offset=n, timestamp=at) for n, at in enumerate(timestamps)]


def taken(alignment: Alignment[str], behind: set[str], now: float = 0.0) -> dict[str, list[int]]:
    given_ = alignment.take(["large", "small"], behind.__contains__, now)
    return {partition: [r.timestamp for r in part] for partition, part in given_}


@pytest.fixture
def alignment() -> Alignment[str]:
    return Alignment()


def test_what_is_ahead_waits_for_the_partition_that_is_behind(alignment: Alignment[str]) -> None:
    alignment.hold({"large": records(1, 2, 3), "small": records(2, 9)})
    assert taken(alignment, {"large"}) == {"large": [1, 2, 3], "small": [2]}
    assert alignment.first("small") == 1
    assert alignment.wanted(["large", "small"]) == {"large"}
    assert taken(alignment, {"large"}) == {}, "the large one must be fetched first"
    alignment.hold({"large": records(4, 10)})
    assert taken(alignment, set()) == {"large": [4, 10], "small": [9]}


def test_a_partition_that_was_read_to_its_end_holds_nobody_back(alignment: Alignment[str]) -> None:
    alignment.hold({"small": records(9)})
    assert taken(alignment, set()) == {"small": [9]}


def test_a_silent_partition_holds_the_others_back_for_a_moment_only(alignment: Alignment[str]) -> None:
    alignment.hold({"small": records(9)})
    assert taken(alignment, {"large"}, now=10.0) == {}
    assert taken(alignment, {"large"}, now=10.0 + PATIENCE_SECONDS) == {"small": [9]}


def test_after_a_seek_nothing_is_held(alignment: Alignment[str]) -> None:
    alignment.hold({"small": records(9)})
    alignment.forget()
    assert not alignment
    assert taken(alignment, set()) == {}


@given(st.lists(st.lists(st.integers(0, 50), max_size=12), min_size=1, max_size=4), st.integers(1, 4))
def test_everything_comes_once_and_in_the_order_of_each_partition(
    backlog: list[list[int]], fetch: int
) -> None:
    logs = {
        n: [SimpleNamespace(offset=i, timestamp=at) for i, at in enumerate(sorted(log))]
        for n, log in enumerate(backlog)
    }
    positions, alignment, got = dict.fromkeys(logs, 0), Alignment[int](), {n: [] for n in logs}
    for _ in range(200):
        for n in alignment.wanted(logs):
            part = logs[n][positions[n] : positions[n] + fetch]
            positions[n] += len(part)
            if part:
                alignment.hold({n: part})
        for n, part in alignment.take(list(logs), lambda n: positions[n] < len(logs[n]), 0.0):
            got[n] += part
    assert got == logs
