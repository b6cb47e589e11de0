"""The oracle: the batch answer, written after domain.md without a line of what the pipeline derives with.

erasure     what requests erase is not there
links       who was seen with whom, what was unlinked
owner       whose an identifier is at a moment
identity    links as rows
belonging   whose each interaction is
history     a customer's orders, contact starts and answers
sessions    cuts
journeys    which step belongs where, and why
steps       steps and journeys as rows
absences    what did not happen in time
frictions   what hurt
windows     what counts where
cohorts     what became of orders, shipments, contacts, tickets, calls and invitations

What comes in: accepted interactions, in any order, copies included. What goes out: the rows that every table of
derived data must show. `verify`, the demo and the tests compare with it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.oracle.belonging import belonging_of, interactions_of
from pipeline.core.oracle.cohorts import cohorts_of
from pipeline.core.oracle.erasure import without_erased
from pipeline.core.oracle.frictions import Felt, felt, frictions_of
from pipeline.core.oracle.history import History
from pipeline.core.oracle.identity import identity_rows
from pipeline.core.oracle.journeys import journeys_of
from pipeline.core.oracle.links import links_of
from pipeline.core.oracle.owner import Owners
from pipeline.core.oracle.sessions import Session, session_row, sessions_of
from pipeline.core.oracle.steps import bare_row, journey_row, step_rows
from pipeline.core.oracle.windows import flow, of_customer, windows_of
from pipeline.core.row import FrictionRow, IdentityRow, JourneyRow, SessionRow, TouchpointRow
from pipeline.core.telling import observed_of
from pipeline.core.window import Contribution, Key, key_at


class Answer(NamedTuple):
    """What the tables must show: rows with version 0, and windows that are not all zero."""

    touchpoints: set[TouchpointRow]
    sessions: set[SessionRow]
    journeys: set[JourneyRow]
    frictions: set[FrictionRow]
    identity: set[IdentityRow]
    windows: dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]


def answer(interactions: Iterable[Interaction], meaning: Meaning) -> Answer:
    """Give the batch answer over a set of accepted interactions."""
    copies = without_erased([copy for copy in interactions if copy.identifiers])
    anchored = interactions_of(copies)
    owners = Owners(links_of(copies), meaning)
    belonging = belonging_of(anchored, owners, meaning)
    given = Answer(set(), set(), set(), set(), identity_rows(owners, belonging.holding_too_much), {})
    contributions = [
        c for interaction in anchored.values() for c in flow(observed_of(interaction, meaning.reads), meaning)
    ]
    for customer, observed in belonging.histories.items():
        contributions += _tell(given, History(customer, observed), meaning)
    return given._replace(windows=windows_of(contributions))


def _tell(given: Answer, history: History, meaning: Meaning) -> list[Contribution]:
    """Add a customer's rows; give what it contributes to windows."""
    sessions, session_of = sessions_of(history, meaning)
    frictions = frictions_of(history, session_of, meaning)
    friction_of = {f.ref: f.kind for f in frictions if not f.absence}
    journey_id_of: dict[Ref, str] = {}
    for journey in journeys_of(history, meaning):
        rows = step_rows(history, journey, session_of, friction_of)
        given.touchpoints.update(rows)
        given.journeys.add(journey_row(history, journey, session_of, friction_of, meaning))
        journey_id_of.update({(row.source, row.id): row.journey_id for row in rows})
    for observed in history.interactions:
        if observed.ref not in journey_id_of:
            given.touchpoints.add(bare_row(history, observed, session_of, friction_of))
    given.sessions.update(session_row(history, session, friction_of) for session in sessions)
    for one in felt(history, frictions, meaning):
        given.frictions.add(_friction_row(history.customer, one, session_of, journey_id_of))
    counted = [*of_customer(history, sessions, meaning), *cohorts_of(history, meaning)]
    return counted + [
        Contribution(key_at("friction_rate", friction.time, friction.observed), 1, 0, 0)
        for friction in frictions
    ]


def _friction_row(
    customer: str, felt_one: Felt, session_of: dict[Ref, Session], journey_id_of: dict[Ref, str]
) -> FrictionRow:
    friction = felt_one.friction
    source, identifier = friction.ref
    session = session_of.get(friction.ref)
    return FrictionRow(
        customer=customer,
        time=friction.time,
        source=source,
        id=identifier,
        kind=friction.kind,
        absence=int(friction.absence),
        channel=friction.observed.channel,
        session_id=session.id if session else "",
        journey_id=journey_id_of.get(friction.ref, ""),
        score=round(felt_one.score, 6),
        crossed=int(felt_one.crossed),
        streak=felt_one.streak,
        streak_ended_at=felt_one.streak_ended_at,
        version=0,
        is_deleted=0,
    )
