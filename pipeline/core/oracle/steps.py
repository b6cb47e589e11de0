"""Rows of steps and journeys (domain.md, section 5: stages, what each step carries, the row of a journey).

What comes in: journeys with their steps in order, sessions, what each interaction shows. What goes out: rows.
"""

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, Ref
from pipeline.core.oracle.history import History, amount, moment_of
from pipeline.core.oracle.journeys import Journey
from pipeline.core.oracle.sessions import Session
from pipeline.core.row import JourneyRow, TouchpointRow
from pipeline.core.step import STAGES


def stage_of(observed: Observed, order: Observed | None) -> str:
    """Give the stage that a step reaches by itself."""
    if observed.type == "return_received":
        return "returned"
    if observed.area in {"chat", "phone", "ticket"} and order and moment_of(observed) > moment_of(order):
        return "served"
    if observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered":
        return "delivered"
    if observed.type == "order_completed":
        return "purchased"
    if observed.area in {"checkout", "cart"}:
        return "checkout" if observed.area == "checkout" else "intend"
    return "consider" if observed.area == "search" or observed.type == "product_viewed" else "discover"


def step_rows(
    history: History, journey: Journey, session_of: dict[Ref, Session], friction_of: dict[Ref, str]
) -> list[TouchpointRow]:
    """Give the rows of a journey's steps."""
    rows = []
    furthest = 0
    previous: Observed | None = None
    for number, (observed, why) in enumerate(journey.steps, 1):
        furthest = max(furthest, STAGES.index(stage_of(observed, journey.order)))
        bare = bare_row(history, observed, session_of, friction_of)
        rows.append(
            bare._replace(
                journey_id=journey.id(history.customer),
                number=number,
                stage=STAGES[furthest],
                gap_seconds=None if previous is None else (observed.time - previous.time) / 1000,
                channel_changed=int(previous is not None and previous.channel != observed.channel),
                why=why,
            )
        )
        previous = observed
    return rows


def bare_row(
    history: History, observed: Observed, session_of: dict[Ref, Session], friction_of: dict[Ref, str]
) -> TouchpointRow:
    """Give the row of an interaction that is no step."""
    source, identifier = observed.ref
    session = session_of.get(observed.ref)
    return TouchpointRow(
        customer=history.customer,
        time=observed.time,
        source=source,
        id=identifier,
        type=observed.type,
        area=observed.area,
        channel=observed.channel,
        passive=int(observed.passive),
        session_id=session.id if session else "",
        journey_id="",
        number=0,
        stage="",
        gap_seconds=None,
        channel_changed=0,
        friction=friction_of.get(observed.ref, ""),
        why="",
        version=0,
        is_deleted=0,
    )


def outcome_of(journey: Journey) -> str:
    """Give open, purchased, cancelled or refunded; abandoned is for the watermark to say."""
    if journey.order is None:
        return "open"
    own = [step for step, _ in journey.steps if journey.order_id in step.things]
    if any(step.type == "order_cancelled" for step in own):
        return "cancelled"
    refunds = [amount(step, "total") or 0 for step in own if step.type == "order_refunded"]
    total = amount(journey.order, "total")
    return "refunded" if refunds and total is not None and sum(refunds) >= total else "purchased"


def journey_row(
    history: History,
    journey: Journey,
    session_of: dict[Ref, Session],
    friction_of: dict[Ref, str],
    meaning: Meaning,
) -> JourneyRow:
    """Give the row of a journey."""
    steps, order = [step for step, _ in journey.steps], journey.order
    starts = {start.ref for start in history.starts}
    campaigns = [
        campaign
        for step in steps
        if (campaign := step.campaign) and (order is None or moment_of(step) <= moment_of(order))
    ]
    return JourneyRow(
        customer=history.customer,
        started=steps[0].time,
        journey_id=journey.id(history.customer),
        last_step_at=steps[-1].time,
        closes_at=journey.kept_until if order else journey.last_active + meaning.journey_idle,
        stage=STAGES[max(STAGES.index(stage_of(step, order)) for step in steps)],
        outcome=outcome_of(journey),
        order_id=journey.order_id.removeprefix("order:"),
        purchased_at=order.time if order else None,
        steps=len(steps),
        channels=tuple(dict.fromkeys(step.channel for step in steps if step.channel != "system")),
        sessions=len({session_of[step.ref].id for step in steps if step.ref in session_of}),
        frictions=sum(step.ref in friction_of for step in steps),
        contacts=sum(step.ref in starts for step in steps),
        value=amount(order, "revenue") if order else None,
        currency=str(order.facts.get("currency") or "") if order else "",
        first_touch=campaigns[0] if campaigns else "",
        last_touch=campaigns[-1] if campaigns else "",
        version=0,
        is_deleted=0,
    )
