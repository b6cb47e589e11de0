"""Derived rows: a customer's touchpoints, sessions and journeys as rows, and what differs between two folds.

What comes in: a customer. What goes out: rows of the tables, with a version; or a tombstone, where there is none.
"""

from collections.abc import Iterator, Mapping

from pipeline.core.customer import Customer
from pipeline.core.friction import Friction, FrictionKey
from pipeline.core.meaning import Meaning
from pipeline.core.message import Crossed, Ref
from pipeline.core.row import FrictionRow, JourneyRow, Row, SessionRow, TouchpointRow
from pipeline.core.step import STAGES, Journey, Session, Step, short_id
from pipeline.core.touched import Touched


def touchpoint_row(customer: str, step: Step, version: int) -> TouchpointRow:
    """Give the row of a step."""
    observed = step.observed
    source, name = observed.ref
    beside = (observed.type, observed.area, observed.channel, observed.passive)
    # tuple.__new__: there are more of these than of anything else, and the named one costs twice as much.
    return tuple.__new__(
        TouchpointRow, (customer, observed.time, source, name, *beside, *step.shown(), version, 0)
    )


def touchpoint_tombstone(customer: str, time: int, ref: Ref, version: int) -> TouchpointRow:
    """Give the row that says: this interaction is not the customer's."""
    return TouchpointRow(customer, time, *ref, "", "", "", 0, "", "", 0, "", None, 0, "", "", version, 1)


def session_row(customer: str, session: Session, version: int) -> SessionRow:
    """Give the row of a session."""
    return SessionRow._make((customer, *session.shown(), version, 0))


def session_tombstone(customer: str, started: int, version: int) -> SessionRow:
    """Give the row that says: no session of the customer starts here."""
    return SessionRow(customer, started, short_id(customer, started), 0, 0, (), "", "", 0, 0, version, 1)


def journey_row(customer: str, journey: Journey, version: int, meaning: Meaning) -> JourneyRow:
    """Give the row of a journey."""
    return JourneyRow._make((customer, *journey.shown(meaning.journey_idle), version, 0))


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
