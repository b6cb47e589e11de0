"""Absences: what did not happen in time, as (deadline, the step that started the clock).

Exactly on the deadline is in time. Whether a deadline has passed is not asked here: the watermark tells the views.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Step
from pipeline.core.things import thing_of


class Promise(NamedTuple):
    """When an order is to be there, and the step that said so."""

    deadline: int
    step: Step


def promises(steps: Sequence[Step]) -> dict[str, Promise]:
    """Give the earliest promise of each completed order; `steps` are order_completed and delivery_promised."""
    completed: set[str] = set()
    made: dict[str, Promise] = {}
    for step in steps:
        observed = step.observed
        order, deadline = thing_of(observed, "order:"), observed.facts.get("promised_at")
        first = observed.type == "delivery_promised" or order not in completed
        if observed.type == "order_completed":
            completed.add(order)
        if order and first and isinstance(deadline, int):
            made.setdefault(order, Promise(deadline, step))
    return {order: promise for order, promise in made.items() if order in completed}


def is_delivered(observed: Observed) -> bool:
    """Whether a shipment arrived; available_for_pickup is not delivered."""
    return observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered"


def late_deliveries(steps: Sequence[Step], promised: Mapping[str, Promise]) -> Iterator[tuple[int, Step]]:
    """Give the orders of which something had not arrived when it was promised.

    `steps` are shipment_status_changed and order_cancelled.
    """
    shipments: dict[str, dict[str, bool]] = {order: {} for order in promised}
    cancelled: set[str] = set()
    for step in steps:
        observed = step.observed
        order = thing_of(observed, "order:")
        if order not in promised:
            continue
        in_time = observed.time <= promised[order].deadline
        if observed.type == "order_cancelled":
            cancelled |= {order} if in_time else set()
            continue
        shipment = thing_of(observed, "shipment:")
        arrived = is_delivered(observed) and in_time
        shipments[order][shipment] = shipments[order].get(shipment, False) or arrived
    for order, (deadline, step) in promised.items():
        known = shipments[order].values()
        if order not in cancelled and not (known and all(known)):
            yield deadline, step


def late_replies(steps: Sequence[Step], meaning: Meaning) -> Iterator[tuple[int, Step]]:
    """Give the conversations and tickets that no agent answered in time."""
    started: dict[str, Step] = {}
    replied: dict[str, int] = {}
    for step in steps:
        observed = step.observed
        kind, author = observed.type, observed.facts.get("author")
        if kind == "ticket_created" or (kind == "message_sent" and author == "customer"):
            thread = thing_of(observed, "ticket:" if kind == "ticket_created" else "conversation:")
            if thread:
                started.setdefault(thread, step)
        elif author == "agent" and kind in {"message_sent", "ticket_comment_added"}:
            thread = thing_of(observed, "conversation:" if kind == "message_sent" else "ticket:")
            if thread in started:
                replied.setdefault(thread, observed.time)
    for thread, step in started.items():
        deadline = step.observed.time + _patience(step.observed.channel, meaning)
        if thread not in replied or replied[thread] > deadline:
            yield deadline, step


def _patience(channel: str, meaning: Meaning) -> int:
    if channel == "chat":
        return meaning.reply_in_chat
    return meaning.reply_in_social if channel == "social" else meaning.reply_elsewhere
