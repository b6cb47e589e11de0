"""Absences: what did not happen in time, as (deadline, the step that started the clock).

Exactly on the deadline is in time. Whether a deadline has passed is not asked here: the watermark tells the views.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Step
from pipeline.core.things import things_of


class Promise(NamedTuple):
    """When an order is to be there, and the step that said so."""

    deadline: int
    step: Step


def promises(steps: Sequence[Step]) -> dict[str, Promise]:
    """Give the earliest promise of each order; `steps` are order_completed and delivery_promised."""
    completed: set[str] = set()
    made: dict[str, Promise] = {}
    for step in steps:
        observed = step.observed
        orders, deadline = things_of(observed, "order:"), observed.facts.get("promised_at")
        if observed.type == "order_completed":
            orders = [order for order in orders[:1] if order not in completed]
            completed.update(orders)
        if isinstance(deadline, int):
            for order in orders:
                made.setdefault(order, Promise(deadline, step))
    return made


def is_delivered(observed: Observed) -> bool:
    """Whether a shipment arrived; available_for_pickup is not delivered."""
    return observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered"


def late_deliveries(
    steps: Sequence[Step], promised: Mapping[str, Promise], completed: Collection[str]
) -> Iterator[tuple[int, Step]]:
    """Give the completed orders of which something had not arrived when it was promised.

    `steps` are shipment_status_changed and order_cancelled, in order. A shipment is delivered whichever of its orders
    that is said with.
    """
    shipments: dict[str, set[str]] = {order: set() for order in promised if order in completed}
    delivered: dict[str, int] = {}
    cancelled: set[str] = set()
    for step in steps:
        observed = step.observed
        orders = [order for order in things_of(observed, "order:") if order in shipments]
        if observed.type == "order_cancelled":
            cancelled.update(order for order in orders if observed.time <= promised[order].deadline)
            continue
        parcels = things_of(observed, "shipment:")
        for order in orders:
            shipments[order].update(parcels)
        if is_delivered(observed):
            for parcel in parcels:
                delivered.setdefault(parcel, observed.time)
    for order in shipments.keys() - cancelled:
        deadline = promised[order].deadline
        in_time = {parcel for parcel in shipments[order] if delivered.get(parcel, deadline + 1) <= deadline}
        if not in_time or in_time < shipments[order]:
            yield promised[order]


def late_replies(steps: Sequence[Step], meaning: Meaning) -> Iterator[tuple[int, Step]]:
    """Give the conversations and tickets that no agent answered in time."""
    started: dict[str, Step] = {}
    replied: dict[str, int] = {}
    for step in steps:
        observed = step.observed
        author = observed.facts.get("author")
        threads = things_of(observed, "conversation:" if observed.type == "message_sent" else "ticket:")
        if observed.type == "ticket_created" or (observed.type == "message_sent" and author == "customer"):
            for thread in threads:
                started.setdefault(thread, step)
        elif author == "agent":
            for thread in threads:
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
