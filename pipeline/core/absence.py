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

    __slots__ = (
        "_cancelled",
        "_completed",
        "_delivered",
        "_goods",
        "_orders_of",
        "_parcels",
        "_promised",
        "_unseen",
        "late",
    )

    def __init__(self, goods: Goods) -> None:
        self._goods = goods
        self.late: dict[str, Absence] = {}
        """By order, as last seen."""
        self._unseen: set[str] = set()
        """Orders of which something was heard since."""
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

    def promise(self, step: Step) -> None:
        """Hear an order_completed or a delivery_promised."""
        observed = step.observed
        orders, deadline = things_of(observed, "order:"), observed.facts.get("promised_at")
        if observed.type == "order_completed":
            orders = [order for order in orders[:1] if order not in self._completed]
            self._completed.update(orders)
        if isinstance(deadline, int):
            for order in orders:
                self._promised.setdefault(order, Absence(deadline, step))
        self._unseen.update(orders)

    def cancel(self, step: Step) -> None:
        """Hear an order_cancelled."""
        orders = things_of(step.observed, "order:")
        for order in orders:
            self._cancelled.setdefault(order, step.observed.time)
        self._unseen.update(orders)

    def ship(self, step: Step) -> None:
        """Hear a shipment_status_changed."""
        observed = step.observed
        orders, parcels = things_of(observed, "order:"), things_of(observed, "shipment:")
        self._unseen.update(orders)
        for order in orders:
            self._parcels[order].update(parcels)
        delivered = is_delivered(observed)
        for parcel in parcels:
            known = self._orders_of[parcel]
            known.update(orders)
            if delivered and parcel not in self._delivered:
                self._delivered[parcel] = step
                self._unseen |= known

    def see(self) -> bool:
        """See what is late now, and what came in time; True if either changed."""
        changed = False
        for order in self._unseen:
            promise = self._promised.get(order)
            if promise is not None:
                changed |= self._see(order, promise)
        self._unseen.clear()
        return changed

    def _see(self, order: str, promise: Absence) -> bool:
        parcels, in_time, changed = self._parcels.get(order, ()), 0, False
        for parcel in parcels:
            arrived = self._delivered.get(parcel)
            if arrived is not None and arrived.observed.time <= promise.deadline:
                in_time += 1
                changed |= self._goods.add(arrived.order)
        late = order in self._completed and not 0 < in_time == len(parcels)
        if late and (cancelled := self._cancelled.get(order)) is not None:
            late = cancelled > promise.deadline
        if late == (order in self.late):
            return changed
        if late:
            self.late[order] = promise
        else:
            del self.late[order]
        return True


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
