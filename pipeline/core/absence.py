"""Absences: what did not happen in time, as (deadline, the step that started the clock).

What comes in: steps in order, one by one. What goes out: what is late, as far as is known by then. Exactly on the deadline is in time.
Whether a deadline has passed is not asked here: the watermark tells the views.
"""

from collections import defaultdict
from typing import NamedTuple

from pipeline.core.good import Goods, is_delivered
from pipeline.core.meaning import Meaning
from pipeline.core.step import Step
from pipeline.core.things import things_of


class Absence(NamedTuple):
    """A deadline, and the step that started its clock."""

    deadline: int
    step: Step


class Deliveries:
    """Completed orders of which something had not arrived when it was promised.

    A shipment is delivered whichever of its orders that is said with. One that is in time is a good experience.
    """

    __slots__ = ("_cancelled", "_completed", "_delivered", "_orders_of", "_parcels", "_promised", "late")

    def __init__(self) -> None:
        self.late: dict[str, Absence] = {}
        """By order."""
        self._promised: dict[str, Absence] = {}
        """Order → its earliest promise."""
        self._completed: set[str] = set()
        self._cancelled: dict[str, int] = {}
        self._parcels: defaultdict[str, set[str]] = defaultdict(set)
        """Order → shipments with which it was seen."""
        self._orders_of: defaultdict[str, set[str]] = defaultdict(set)
        """The other way round."""
        self._delivered: dict[str, Step] = {}
        """Shipment → when it first arrived."""

    def promise(self, step: Step, goods: Goods) -> bool:
        """Hear an order_completed or a delivery_promised; True if that changes what is late or good."""
        observed = step.observed
        orders, deadline = things_of(observed, "order:"), observed.facts.get("promised_at")
        if observed.type == "order_completed":
            orders = [order for order in orders[:1] if order not in self._completed]
            self._completed.update(orders)
        if isinstance(deadline, int):
            for order in orders:
                self._promised.setdefault(order, Absence(deadline, step))
        return self._see(orders, goods)

    def cancel(self, step: Step, goods: Goods) -> bool:
        """Hear an order_cancelled; True if that changes what is late."""
        orders = things_of(step.observed, "order:")
        for order in orders:
            self._cancelled.setdefault(order, step.observed.time)
        return self._see(orders, goods)

    def ship(self, step: Step, goods: Goods) -> bool:
        """Hear a shipment_status_changed; True if that changes what is late or good."""
        observed = step.observed
        orders, parcels = set(things_of(observed, "order:")), things_of(observed, "shipment:")
        for order in orders:
            self._parcels[order].update(parcels)
        delivered = is_delivered(observed)
        for parcel in parcels:
            self._orders_of[parcel] |= orders
            if delivered and parcel not in self._delivered:
                self._delivered[parcel] = step
                orders |= self._orders_of[parcel]
        return self._see(orders, goods)

    def _see(self, orders: list[str] | set[str], goods: Goods) -> bool:
        """See what of these orders is late, and what came in time."""
        changed = False
        for order in orders:
            promise = self._promised.get(order)
            if promise is None:
                continue
            arrived = [
                step for parcel in self._parcels.get(order, ()) if (step := self._in_time(parcel, promise))
            ]
            for step in arrived:
                changed |= goods.add(step.order)
            late = order in self._completed and self._is_late(order, len(arrived), promise.deadline)
            if late != (order in self.late):
                changed = True
                if late:
                    self.late[order] = promise
                else:
                    del self.late[order]
        return changed

    def _in_time(self, parcel: str, promise: Absence) -> Step | None:
        step = self._delivered.get(parcel)
        return step if step is not None and step.observed.time <= promise.deadline else None

    def _is_late(self, order: str, in_time: int, deadline: int) -> bool:
        cancelled = self._cancelled.get(order)
        if cancelled is not None and cancelled <= deadline:
            return False
        return not in_time or in_time < len(self._parcels[order])


class Replies:
    """Conversations and tickets that no agent answered in time."""

    __slots__ = ("_meaning", "_replied", "_started", "late")

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self.late: dict[str, Absence] = {}
        """By conversation or ticket."""
        self._started: set[str] = set()
        self._replied: set[str] = set()

    def hear(self, step: Step) -> bool:
        """Hear a ticket_created, message_sent or ticket_comment_added; True if that changes what is late."""
        observed, late = step.observed, self.late
        author, changed = observed.facts.get("author"), False
        threads = things_of(observed, "conversation:" if observed.type == "message_sent" else "ticket:")
        if observed.type == "ticket_created" or (observed.type == "message_sent" and author == "customer"):
            deadline = observed.time + _patience(observed.channel, self._meaning)
            for thread in threads:
                if thread not in self._started:
                    self._started.add(thread)
                    late[thread] = Absence(deadline, step)
                    changed = True
        elif author == "agent":
            for thread in threads:
                if thread in late and thread not in self._replied:
                    self._replied.add(thread)
                    if observed.time <= late[thread].deadline:
                        del late[thread]
                        changed = True
        return changed


def _patience(channel: str, meaning: Meaning) -> int:
    if channel == "chat":
        return meaning.reply_in_chat
    return meaning.reply_in_social if channel == "social" else meaning.reply_elsewhere
