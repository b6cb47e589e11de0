"""Each story, told in order and three times over in random order, gives what was written out by hand."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from pipeline.contract import Rules
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import answer
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.row import FrictionRow, JourneyRow, SessionRow, TouchpointRow
from tests.core.stream import Stream
from tests.helpers.records import KEY, accepted
from tests.stories.story import PARTS, Said, load, paths, told

ORDERS = 20
ANY_AGE = Rules(horizon=None)
each_story = pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)


@lru_cache
def interactions(path: Path) -> tuple[Interaction, ...]:
    return tuple(accepted(record, rules=ANY_AGE, received=record["time"]) for record in load(path).records)


def said(rows: Iterable[object], path: Path) -> Said:
    return told(rows, load(path).clear(pseudonyms(KEY, "k1")))


def stream_says(told_in_order: Iterable[Interaction], path: Path) -> Said:
    stream = Stream().tell(told_in_order)
    kinds = (TouchpointRow, SessionRow, JourneyRow, FrictionRow)
    return said(chain.from_iterable(stream.rows(kind) for kind in kinds), path)


def assert_equal(found: Said, path: Path) -> None:
    for part in PARTS:
        assert found[part] == load(path).said[part], part


@each_story
def test_the_oracle_says_what_was_written_by_hand(path: Path) -> None:
    says = answer(interactions(path), Meaning())
    assert_equal(said(chain(says.touchpoints, says.sessions, says.journeys, says.frictions), path), path)


@each_story
def test_told_in_order_the_story_comes_out_as_written_by_hand(path: Path) -> None:
    assert_equal(stream_says(interactions(path), path), path)


@each_story
def test_told_three_times_in_random_order_it_comes_out_the_same(path: Path) -> None:
    random = Random(path.stem)
    for _ in range(ORDERS):
        arriving = list(interactions(path)) * 3
        random.shuffle(arriving)
        assert_equal(stream_says(arriving, path), path)


@each_story
def test_a_story_has_25_to_40_interactions_each_accepted(path: Path) -> None:
    assert 25 <= len(interactions(path)) <= 40


def test_stories_share_no_identifier() -> None:
    seen: set[str] = set()
    for path in paths():
        mine = set(chain.from_iterable(one.identifiers for one in interactions(path)))
        assert not mine & seen, path.stem
        seen |= mine
