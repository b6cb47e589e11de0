"""However interactions come and go, a customer is field by field what `derive` makes of the whole, and what changed was touched."""

import os
from collections.abc import Iterable
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.customer import Customer, derive
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed, Ref
from pipeline.core.telling import observed_of
from pipeline.core.touched import Touched, totals
from pipeline.core.window import Contribution, Key
from tests.core.build import interaction, order
from tests.simulation.scenario import interactions
from tests.simulation.world import meaning_of

CASES = int(os.environ.get("CXSTREAM_PROPERTY_CASES", "150"))
many = settings(max_examples=CASES, deadline=None)
seeds = st.integers(0, 2**32)


def fields(of: Customer, meaning: Meaning) -> dict[str, dict[Any, Any]]:
    """Give all that a customer knows, by what names it."""
    idle = meaning.journey_idle
    return {
        "steps": {s.order: (s.observed, s.shown(), s.contact, s.things) for s in of.line},
        "sessions": {started: (s.shown(), s.campaign, s.first) for started, s in of.sessions.all.items()},
        "journeys": {
            j.key: (j.shown(idle), j.order, [s.order for s in j.steps], sorted(j.sessions))
            for j in of.journeys.all
        },
        "orders": {order: journey.key for order, journey in of.journeys.orders.items()},
        "known": {"owned": of.journeys.known.owned, "completed": of.journeys.known.completed},
        "frictions": of.frictions,
    }


def windows(contributions: Iterable[Contribution]) -> dict[Key, Any]:
    """Add up contributions by window; what comes to nothing is left out."""
    found = {key: total.values() for key, total in totals(contributions).items()}
    return {key: values for key, values in found.items() if any(values)}


class Tried:
    """A customer to whom anything may happen, and the interactions that it holds."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.customer = Customer("customer:42", meaning)
        self.held: dict[Ref, Observed] = {}
        self.counted: list[Contribution] = []

    def change(self, gone: list[Observed], came: list[Observed]) -> None:
        """Let interactions go and come, and check all that follows from it."""
        before, touched = fields(self.customer, self.meaning), Touched()
        for observed in gone:
            del self.held[observed.ref]
        self.held.update((observed.ref, observed) for observed in came)
        self.customer.change(gone, sorted(came, key=IN_ORDER), touched)
        whole = derive("customer:42", self.held.values(), self.meaning)
        after = fields(self.customer, self.meaning)
        expected = fields(whole, self.meaning)
        for part, values in after.items():
            assert values == expected[part], part
            assert list(values) == list(expected[part]) or part in {"known", "frictions"}, part
        assert self.customer.steps.keys() == self.held.keys()
        self.counted += touched.contributions
        assert windows(self.counted) == windows(whole.contributions) == windows(self.customer.contributions)
        for part in ("steps", "sessions", "journeys", "frictions"):
            old, new = before[part], after[part]
            differ = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
            hidden = {key for key in differ if _shown(part, old.get(key)) == _shown(part, new.get(key))}
            assert differ - hidden <= getattr(touched, part), part
            crossed = {key for key in differ if part == "frictions" and _crosses(old, new, key)}
            assert crossed <= touched.crossings


def _shown(part: str, value: Any) -> Any:
    """Give what the row shows of it."""
    if value is None or part == "frictions":
        return value
    return value[:2] if part == "steps" else value[0]


def _crosses(old: dict[Any, Any], new: dict[Any, Any], key: Any) -> bool:
    return any(key in frictions and frictions[key].crossed for frictions in (old, new))


def drawn(seed: int) -> tuple[Tried, list[Observed], Random]:
    random = Random(seed)
    made = {(each.source, each.id): observed_of(each) for each in interactions(random)}
    return Tried(meaning_of(random)), list(made.values()), random


@many
@given(seeds)
def test_one_by_one_in_any_order(seed: int) -> None:
    tried, made, random = drawn(seed)
    random.shuffle(made)
    for each in made:
        tried.change([], [each])


@many
@given(seeds)
def test_almost_in_order_some_at_a_time(seed: int) -> None:
    tried, made, random = drawn(seed)
    made.sort(key=lambda each: each.time + random.choice([0, 0, 0, 3_600_000]))
    while made:
        size = random.choice([1, 2, 5, 20])
        tried.change([], made[:size])
        del made[:size]


@many
@given(seeds)
def test_what_leaves_again_and_what_turns_out_to_be_another_leave_no_trace(seed: int) -> None:
    tried, made, random = drawn(seed)
    tried.change([], made[::2])
    waiting = made[1::2]
    for _ in range(12):
        gone = random.sample([*tried.held.values()], min(len(tried.held), random.choice([0, 1, 1, 3])))
        came = [waiting.pop() for _ in range(min(len(waiting), random.choice([0, 1, 2])))]
        better = [turned(each, random) for each in gone if random.random() < 0.5]
        tried.change(gone, [*came, *better])
        waiting += [each for each in gone if each.ref not in tried.held]


def turned(observed: Observed, random: Random) -> Observed:
    """Give a better copy: earlier, or of other content."""
    values = {name: getattr(observed, name) for name in observed.__struct_fields__}
    values["time"] -= random.choice([0, 1, 60_000, 3_600_000])
    values["channel"] = random.choice(["web", "chat", "phone"])
    return Observed(**values)


def test_an_order_of_which_no_earlier_step_must_learn_converts_the_session_that_goes_on() -> None:
    tried = Tried(Meaning())
    for each in (
        order("08:00", "6"),
        interaction("invoice_issued", at="09:00", id="first", ids="customer:42 order:6 invoice:1"),
        interaction("invoice_issued", at="09:01", id="again", ids="customer:42 order:7 invoice:1"),
        interaction("page_viewed", at="10:00"),
        order("10:05", "7"),
    ):
        tried.change([], [observed_of(each)])
    found = [values for key, values in windows(tried.counted).items() if key[0] == "session_conversion"]
    assert found == [(1, 1, 1, ()), (1, 1, 1, ())]
