"""Absences (domain.md, section 6; decision 7): what did not happen in time is a friction at its deadline.

What comes in: a customer's history. What goes out: (deadline in ms, what started the clock).
"""

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.oracle.history import History, moment_of
from pipeline.core.oracle.windows import first_replies


def late_first_replies(history: History, meaning: Meaning) -> list[tuple[int, Observed]]:
    """Give the conversations and tickets without a reply by an agent in time."""
    late = []
    for start, reply in first_replies(history):
        in_channel = {"chat": meaning.reply_in_chat, "social": meaning.reply_in_social}
        deadline = start.time + in_channel.get(start.channel, meaning.reply_elsewhere)
        if reply is None or reply.time > deadline:
            late.append((deadline, start))
    return late


def promise_of(history: History, order: str) -> tuple[int, Observed] | None:
    """Give (deadline, who promised): the earliest promise by event time; later ones do not excuse."""
    promises = [o for o in history.interactions if o.type == "delivery_promised" and order in o.things]
    if order in history.orders:
        promises.append(history.orders[order])
    for promise in sorted(promises, key=moment_of):
        deadline = promise.facts.get("promised_at")
        if isinstance(deadline, int):
            return deadline, promise
    return None


def late_deliveries(history: History) -> list[tuple[int, Observed]]:
    """Give the orders whose promise was not kept."""
    late = []
    for order in history.orders:
        promise = promise_of(history, order)
        if promise and not _is_kept(history, order, promise[0]):
            late.append(promise)
    return late


def _is_kept(history: History, order: str, deadline: int) -> bool:
    """Every known shipment of the order was delivered by then, and there is one; or the order was cancelled."""
    shipments: set[str] = set()
    delivered: set[str] = set()
    for observed in history.interactions:
        in_time = observed.time <= deadline
        if observed.type == "order_cancelled" and order in observed.things and in_time:
            return True
        if observed.type == "shipment_status_changed":
            ids = {thing for thing in observed.things if thing.startswith("shipment:")}
            if order in observed.things:
                shipments |= ids
            if in_time and observed.facts.get("status") == "delivered":
                delivered |= ids
    return bool(shipments) and shipments <= delivered
