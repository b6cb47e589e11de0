"""Derived rows: a customer's touchpoints, sessions and journeys as rows, and what differs between two folds.

What comes in: a customer. What goes out: rows of the tables, with a version; or a tombstone, where there is none.
"""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.core.customer import Customer, Touched, touch_frictions
from pipeline.core.friction import Friction, FrictionKey
from pipeline.core.meaning import Meaning
from pipeline.core.message import Crossed, Ref
from pipeline.core.row import FrictionRow, JourneyRow, Row, SessionRow, TouchpointRow
from pipeline.core.step import STAGES, Journey, Session, Step, short_id
from pipeline.core.window import Contribution, Key, Total


def touchpoint_row(customer: str, step: Step, version: int) -> TouchpointRow:
    """Give the row of a step."""
    observed, session, journey, gap = step.observed, step.session, step.journey, step.gap
    source, name = observed.ref
    # tuple.__new__: there are more of these than of anything else, and the named one costs twice as much.
    return tuple.__new__(
        TouchpointRow,
        (
            customer,
            observed.time,
            source,
            name,
            observed.type,
            observed.area,
            observed.channel,
            observed.passive,
            session.id if session is not None else "",
            journey.id if journey is not None else "",
            step.number,
            STAGES[step.stage] if journey is not None else "",
            None if gap is None else gap / 1000,
            step.channel_changed,
            step.friction,
            step.why,
            version,
            0,
        ),
    )


def touchpoint_tombstone(customer: str, time: int, ref: Ref, version: int) -> TouchpointRow:
    """Give the row that says: this interaction is not the customer's."""
    return TouchpointRow(customer, time, *ref, "", "", "", 0, "", "", 0, "", None, 0, "", "", version, 1)


def session_row(customer: str, session: Session, version: int) -> SessionRow:
    """Give the row of a session."""
    return SessionRow(
        customer,
        session.started,
        session.id,
        session.ended,
        session.interactions,
        session.channels,
        session.first.channel,
        session.first.ref[0],
        session.orders,
        session.frictions,
        version,
        0,
    )


def session_tombstone(customer: str, started: int, version: int) -> SessionRow:
    """Give the row that says: no session of the customer starts here."""
    return SessionRow(customer, started, short_id(customer, started), 0, 0, (), "", "", 0, 0, version, 1)


def journey_row(customer: str, journey: Journey, version: int, meaning: Meaning) -> JourneyRow:
    """Give the row of a journey."""
    order = journey.order
    value = order.facts.get("revenue") if order is not None else None
    return JourneyRow(
        customer,
        journey.started,
        journey.id,
        journey.steps[-1].observed.time,
        journey.idle_at + meaning.journey_idle if order is None else journey.kept_until,
        STAGES[journey.stage],
        journey.outcome,
        journey.order_id.partition(":")[2],
        order.time if order is not None else None,
        len(journey.steps),
        journey.channels,
        len(journey.sessions),
        journey.frictions,
        journey.contacts,
        value if isinstance(value, int) else None,
        str(order.facts.get("currency") or "") if order is not None else "",
        journey.first_touch,
        journey.last_touch,
        version,
        0,
    )


def journey_tombstone(customer: str, started: int, journey_id: str, version: int) -> JourneyRow:
    """Give the row that says: there is no such journey."""
    return JourneyRow(
        customer,
        started,
        journey_id,
        0,
        0,
        STAGES[0],
        "",
        "",
        None,
        0,
        (),
        0,
        0,
        0,
        None,
        "",
        "",
        "",
        version,
        1,
    )


def friction_row(customer: str, friction: Friction, version: int) -> FrictionRow:
    """Give the row of a friction."""
    return FrictionRow(
        customer,
        friction.time,
        *friction.ref,
        friction.kind,
        int(friction.absence),
        friction.channel,
        friction.session_id,
        friction.journey_id,
        friction.score,
        int(friction.crossed),
        friction.streak,
        friction.streak_ended_at,
        version,
        0,
    )


def friction_tombstone(customer: str, key: FrictionKey, version: int) -> FrictionRow:
    """Give the row that says: there is no such friction."""
    time, ref, kind = key
    return FrictionRow(customer, time, *ref, kind, 0, "", "", "", 0.0, 0, 0, None, version, 1)


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


def add_rows(
    customer: Customer, touched: Touched, version: int, meaning: Meaning, tables: Mapping[str, list[Row]]
) -> None:
    """Add the final row of all that was touched, a tombstone where there is none, to the tables' rows."""
    key, steps, add = customer.key, customer.steps, tables["touchpoints"].append
    for time, ref in touched.steps:
        step = steps.get(ref)
        if step is not None and step.observed.time == time:
            add(touchpoint_row(key, step, version))
        else:
            add(touchpoint_tombstone(key, time, ref, version))
    add = tables["sessions"].append
    for started in touched.sessions:
        session = customer.sessions.all.get(started)
        if session is not None:
            add(session_row(key, session, version))
        else:
            add(session_tombstone(key, started, version))
    add = tables["journeys"].append
    for started, journey_id in touched.journeys:
        journey = customer.journeys.find(journey_id)
        if journey is not None:
            add(journey_row(key, journey, version, meaning))
        else:
            add(journey_tombstone(key, started, journey_id, version))
    add = tables["frictions"].append
    for name in touched.frictions:
        friction = customer.frictions.get(name)
        if friction is not None:
            add(friction_row(key, friction, version))
        else:
            add(friction_tombstone(key, name, version))


def crossings_of(customer: Customer, touched: Touched, version: int) -> Iterator[Crossed]:
    """Give the final word on each crossing that was touched."""
    for key in touched.crossings:
        friction = customer.frictions.get(key)
        crossed = friction is not None and friction.crossed
        score = friction.score if friction is not None else 0.0
        yield Crossed(customer.key, *key, present=crossed, score=score, version=version)
