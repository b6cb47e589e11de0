"""What differs between two folds of one customer: the keys that an old and a new whole do not share.

What comes in: a customer before and after. What goes out: touched keys, and the contributions that turn the old
totals into the new ones.
"""

from collections.abc import Iterable, Iterator

from pipeline.core.customer import Customer, Touched, touch_frictions
from pipeline.core.derived import journey_row, session_row
from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.step import Step
from pipeline.core.window import Contribution, Key, Total


def _same_step(one: Step, other: Step) -> bool:
    """Whether two steps give the same row; without making the rows, since most do."""
    return (
        one.number == other.number
        and one.stage == other.stage
        and one.gap == other.gap
        and one.friction == other.friction
        and one.why == other.why
        and one.channel_changed == other.channel_changed
        and (one.session.id if one.session else "") == (other.session.id if other.session else "")
        and (one.journey.id if one.journey else "") == (other.journey.id if other.journey else "")
        and (one.observed is other.observed or one.observed == other.observed)
    )


def _changed_steps(old: Customer, new: Customer) -> Iterator[tuple[int, Ref]]:
    for ref, before in old.steps.items():
        after = new.steps.get(ref)
        if after is None or not _same_step(before, after):
            yield before.order
            if after is not None:
                yield after.order
    for ref in new.steps.keys() - old.steps.keys():
        yield new.steps[ref].order


def _changed_sessions(old: Customer, new: Customer) -> Iterator[int]:
    before, after = old.sessions.all, new.sessions.all
    yield from before.keys() ^ after.keys()
    for started in before.keys() & after.keys():
        one, other = before[started], after[started]
        if one.ended != other.ended or session_row("", one, 0) != session_row("", other, 0):
            yield started


def _changed_journeys(old: Customer, new: Customer, meaning: Meaning) -> Iterator[tuple[int, str]]:
    before = {journey.key: journey for journey in old.journeys.all}
    after = {journey.key: journey for journey in new.journeys.all}
    yield from before.keys() ^ after.keys()
    for key in before.keys() & after.keys():
        one, other = before[key], after[key]
        same = len(one.steps) == len(other.steps)
        if not same or journey_row("", one, 0, meaning) != journey_row("", other, 0, meaning):
            yield key


def totals(contributions: Iterable[Contribution]) -> dict[Key, Total]:
    """Add up contributions by window."""
    windows: dict[Key, Total] = {}
    for contribution in contributions:
        windows.setdefault(contribution.key, Total()).add(contribution)
    return windows


def _changes(old: list[Contribution], new: list[Contribution]) -> Iterator[Contribution]:
    """Give what turns the old totals into the new ones."""
    common = next((n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    common = min(len(old), len(new)) if common is None else common
    taken_back = [contribution.taken_back() for contribution in old[common:]]
    for key, change in totals([*taken_back, *new[common:]]).items():
        numerator, denominator, n, histogram = change.values()
        if numerator or denominator or n:
            yield Contribution(key, numerator, denominator, n)
        for bucket, count in histogram:
            yield Contribution(key, 0, 0, 0, bucket, count)


def compare(old: Customer, new: Customer, touched: Touched, meaning: Meaning) -> None:
    """Note all in which two folds of one customer differ."""
    touched.steps.update(_changed_steps(old, new))
    touched.sessions.update(_changed_sessions(old, new))
    touched.journeys.update(_changed_journeys(old, new, meaning))
    touch_frictions(old.frictions, new.frictions, touched)
    touched.contributions += _changes(old.contributions, new.contributions)
