"""The fold and the oracle, written apart, agree; and both keep the laws that identity promises.

`make test-long` runs 90,000 cases; every test run some hundreds.
"""

import os
from collections import Counter, defaultdict
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import catalogue
from pipeline.core.canonical import text_of
from pipeline.core.interaction import Interaction
from pipeline.core.message import kind_of
from pipeline.core.metric import DERIVED
from pipeline.core.oracle import answer
from pipeline.core.row import FrictionRow, IdentityRow, JourneyRow, SessionRow, TouchpointRow
from tests.core.stream import Stream
from tests.simulation.scenario import interactions
from tests.simulation.world import meaning_of

CASES = int(os.environ.get("CXSTREAM_PROPERTY_CASES", "150"))
TABLES = (TouchpointRow, SessionRow, JourneyRow, FrictionRow, IdentityRow)
seeds = st.integers(0, 2**32)
many = settings(max_examples=CASES, deadline=None)


def shown(stream: Stream) -> dict[str, set[Any]]:
    return {kind.__name__: stream.rows(kind) for kind in TABLES}


@many
@given(seeds, seeds)
def test_told_in_any_order_and_again_the_fold_shows_what_the_oracle_says(seed: int, order: int) -> None:
    made, meaning = interactions(Random(seed)), meaning_of(Random(seed))
    arriving = made + Random(order).choices(made, k=len(made) // 3)
    Random(order).shuffle(arriving)
    said = answer(made, meaning)
    expected = (said.touchpoints, said.sessions, said.journeys, said.frictions, said.identity)
    stream = Stream(meaning).tell(arriving)
    found = shown(stream)
    for table, rows in zip(found, expected, strict=True):
        assert found[table] == rows, table
    assert stream.windows() == said.windows


def test_the_random_worlds_hold_every_derived_metric_with_cases_that_are_so_and_cases_that_are_not() -> None:
    above, below = Counter[str](), Counter[str]()
    for seed in range(300):
        windows = answer(interactions(Random(seed)), meaning_of(Random(seed))).windows
        above.update({key[0] for key, (numerator, *_) in windows.items() if numerator})
        below.update({key[0] for key, (numerator, cases, *_) in windows.items() if cases > numerator})
    shares = {metric.name for metric in catalogue.load().metrics if metric.unit == "share"}
    assert [metric for metric in DERIVED if above[metric] < 5] == []
    assert [metric for metric in DERIVED if metric in shares and below[metric] < 5] == []


def by_hand(kind: str, stronger: str, weaker: str, at: int) -> Interaction:
    """Passive, so that it is in nobody's way."""
    return Interaction(
        id=kind,
        source="operator",
        type=kind,
        schema=f"{kind}/1-0-0",
        area="identity",
        passive=True,
        channel="system",
        sent_time=at,
        time=at,
        received=at,
        identifiers=(stronger, weaker),
        consent=None,
        context_json="",
        data_json="",
        hash=at,
    )


@many
@given(seeds)
def test_a_link_that_is_taken_back_leaves_nothing_behind(seed: int) -> None:
    random = Random(seed)
    made = interactions(random)
    without = Stream().tell(made)
    everyone = sorted({identifier for each in made for identifier in each.identifiers})
    linked_already = {(row.to_identifier, row.from_identifier) for row in without.rows(IdentityRow)}
    pairs = [(a, b) for a in everyone for b in everyone if kind_of(a) == "customer" != kind_of(b)]
    apart = [pair for pair in pairs if pair not in linked_already]
    if not apart:
        return
    stronger, weaker = random.choice(apart)
    last = max(each.time for each in made) + 1
    linked = by_hand("identity_linked", stronger, weaker, random.choice(made).time)
    unlinked = by_hand("identity_unlinked", stronger, weaker, last)
    arriving = [*made, linked, unlinked]
    random.shuffle(arriving)
    taken_back = Stream().tell(arriving)
    for kind in (SessionRow, JourneyRow, FrictionRow):
        assert taken_back.rows(kind) == without.rows(kind), kind
    steps = {row for row in taken_back.rows(TouchpointRow) if row.source != "operator"}
    assert steps == without.rows(TouchpointRow)


@many
@given(seeds)
def test_customers_who_share_nothing_do_not_touch_each_other(seed: int) -> None:
    here, there = interactions(Random(seed)), interactions(Random(seed + 1))
    there = [elsewhere(each) for each in there]
    both = [*here, *there]
    Random(seed).shuffle(both)
    apart: defaultdict[str, set[Any]] = defaultdict(set)
    for part in (here, there):
        for table, rows in shown(Stream().tell(part)).items():
            apart[table] |= rows
    assert shown(Stream().tell(both)) == apart


def elsewhere(one: Interaction) -> Interaction:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    fields["identifiers"] = tuple(f"{identifier}-elsewhere" for identifier in one.identifiers)
    fields["id"] = f"{one.id}-elsewhere"
    if "about_id" in one.data:
        fields["data_json"] = text_of({**one.data, "about_id": f"{one.data['about_id']}-elsewhere"})
    return Interaction(**fields)
