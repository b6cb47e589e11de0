"""Journeys: what one customer went through around one purchase intent (domain.md, section 5).

What comes in: the customer's steps in order, and which order each thing belongs to. What goes out: the journey
of each step, and why it is there.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pipeline.core.binding import order_of
from pipeline.core.contact import Contacts
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import PURCHASED, STAGES, Journey, Step, short_id

_OPENING: Final = frozenset({"browsing", "search", "cart", "checkout", "store"})
_CONTACT: Final = frozenset({"chat", "phone", "ticket"})
_SUPPORT: Final = _CONTACT | {"survey", "feedback", "fulfilment", "billing", "order"}
_NEVER: Final = frozenset({"consent", "privacy", "identity", "source health"})
_STAGE_OF_AREA: Final = {"search": 1, "cart": 2, "checkout": 3}
_DELIVERED: Final = STAGES.index("delivered")
_SERVED: Final = STAGES.index("served")
_RETURNED: Final = STAGES.index("returned")


class Moved(NamedTuple):
    """Earlier steps whose place a step changes, and the journey that ends under its old id."""

    steps: tuple[Step, ...] = ()
    retired: tuple[int, str] | None = None


UNMOVED: Final = Moved()


class Journeys:
    """The fold of a customer's steps into journeys."""

    __slots__ = (
        "_contacts",
        "_customer",
        "_first",
        "_meaning",
        "_named",
        "_open",
        "_unplaced",
        "all",
        "completed",
        "orders",
        "owned",
    )

    def __init__(self, customer: str, meaning: Meaning) -> None:
        self._customer = customer
        self._meaning = meaning
        self.all: list[Journey] = []
        self.orders: dict[str, Journey] = {}
        """Order → its journey, in the order in which they were completed."""
        self.owned: dict[str, str] = {}
        """Thing → the order with which it first appears together, in any interaction of the customer."""
        self.completed: set[str] = set()
        """Orders with an order_completed; others are none."""
        self._named: set[str] = set()
        """Orders that appeared with other things before their order_completed."""
        self._first: dict[str, Journey | None] = {}
        """Thing → the journey of its first touchpoint."""
        self._open: Journey | None = None
        self._unplaced: dict[str, list[Step]] = {}
        """Order → earlier steps that carry it and have no journey."""
        self._contacts = Contacts()

    def learn(self, step: Step) -> bool:
        """Note what is known of orders from a step; False if that changes where earlier steps belong."""
        things, fits = step.things, True
        if step.observed.type == "order_completed" and (order := order_of(things)) not in self.completed:
            self.completed.add(order)
            fits = order not in self._named
        if len(things) < 2:  # noqa: PLR2004 - an order and another thing
            return fits
        order = next((thing for thing in things if thing in self.completed), "")
        self._named.update([thing for thing in things if thing.startswith("order:")])
        if not order:
            return fits
        fresh = [thing for thing in things if not thing.startswith("order:") and thing not in self.owned]
        for thing in fresh:
            self.owned[thing] = order
        return fits and self._first.keys().isdisjoint(fresh)

    def learn_all(self, steps: Iterable[Step]) -> None:
        """Note what is known of orders from all steps before any is placed."""
        bound = [step for step in steps if step.things]
        self.completed.update([order_of(s.things) for s in bound if s.observed.type == "order_completed"])
        for step in bound:
            self.learn(step)

    def find(self, journey_id: str) -> Journey | None:
        """Give the journey with this id, the newest first."""
        return next((j for j in reversed(self.all) if j.id == journey_id), None)

    def add(self, step: Step) -> Moved:
        """Place the step, and give the earlier ones whose place it changes."""
        observed = step.observed
        things = step.things
        step.contact = observed.area in _CONTACT and self._contacts.is_start(observed)
        if observed.area in _NEVER:
            return UNMOVED
        if observed.type == "order_completed" and (order := order_of(things)) and order not in self.orders:
            changed = self._convert(step, order)
        else:
            changed = UNMOVED
            journey, step.why = self._choose(observed, things)
            if journey is not None:
                self._append(journey, step)
                if journey.order is not None:
                    self._follow_order(journey, observed)
            elif things and (order := self._own_order(things)):
                self._unplaced.setdefault(order, []).append(step)
        for thing in things:
            if not thing.startswith("order:"):  # an order binds from its completion on, and not before
                self._first.setdefault(thing, step.journey)
        return changed

    def _choose(self, observed: Observed, things: tuple[str, ...]) -> tuple[Journey | None, str]:
        for thing in things:
            order = thing if thing.startswith("order:") else self.owned.get(thing)
            journey = self.orders.get(order) if order is not None else self._first.get(thing)
            if journey is not None:
                return journey, "correlation"
        support = observed.area in _SUPPORT
        journey = self._by_support(observed) if support else self._by_person(observed)
        if journey is None:
            return None, ""
        return journey, "support" if support else "person"

    def _own_order(self, things: tuple[str, ...]) -> str:
        """Give the first order that is one, else the first that may become one."""
        return next((thing for thing in things if thing in self.completed), "") or order_of(things)

    def _by_support(self, observed: Observed) -> Journey | None:
        """The newest recent order's, else the open one, else the newest kept open, else perhaps a new one."""
        newest = next(reversed(self.orders.values()), None)
        if newest is not None and newest.order is not None:
            age = observed.time - newest.order.time
            if age <= self._meaning.support_reach:
                return newest
        found = self._open_at(observed.time) or self._kept_open_at(observed.time)
        if found is None and observed.area in _CONTACT and not observed.passive:
            return self._start(observed.time)
        return found

    def _by_person(self, observed: Observed) -> Journey | None:
        """The open one; else a new one where it can open one, else the newest kept open."""
        current = self._open_at(observed.time)
        if current is not None:
            return current
        if observed.area in _OPENING and not observed.passive:
            return self._start(observed.time)
        return self._kept_open_at(observed.time)

    def _open_at(self, time: int) -> Journey | None:
        if self._open is not None and time - self._open.idle_at > self._meaning.journey_idle:
            self._open = None
        return self._open

    def _kept_open_at(self, time: int) -> Journey | None:
        return next((j for j in reversed(self.orders.values()) if time <= j.kept_until), None)

    def _start(self, time: int) -> Journey:
        self._open = Journey()
        self._open.idle_at = time
        self.all.append(self._open)
        return self._open

    def _append(self, journey: Journey, step: Step) -> None:
        observed = step.observed
        journey.add(step, _stage(observed, journey))
        if step.number == 1:
            journey.id = short_id(self._customer, observed.time, *observed.ref)
        if not observed.passive and journey is self._open_at(observed.time):
            journey.idle_at = observed.time
        if step.session is not None:
            journey.sessions.add(step.session.id)

    def _follow_order(self, journey: Journey, observed: Observed) -> None:
        """See whether a step after the order keeps its journey open, cancels or refunds it."""
        delivered = observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered"
        contact = observed.area in _CONTACT and not observed.passive
        if (delivered or contact) and observed.time <= journey.kept_until:
            journey.kept_until = max(journey.kept_until, observed.time + self._meaning.journey_kept_open)
        journey.undo(observed)

    def _convert(self, step: Step, order: str) -> Moved:
        """An order converts the open journey, or starts one; earlier steps that carried its id join."""
        journey = self._open_at(step.observed.time) or self._start(step.observed.time)
        self._open = None
        earlier = self._unplaced.pop(order, [])
        moved = self._rejoin(journey, earlier) if earlier else UNMOVED
        journey.order, journey.order_id = step.observed, order
        journey.kept_until = step.observed.time + self._meaning.journey_kept_open
        self.orders[order] = journey
        for before in journey.steps:  # a clock that was wrong may have cancelled it before
            journey.undo(before.observed)
        step.why = "correlation"
        self._append(journey, step)
        return moved

    def _rejoin(self, journey: Journey, earlier: list[Step]) -> Moved:
        retired = journey.key if journey.steps else None
        steps = sorted((*journey.steps, *earlier), key=lambda s: s.order)
        journey.reset()
        for step in earlier:
            step.why = "correlation"
        for step in steps:
            self._append(journey, step)
            journey.frictions += bool(step.friction)
        return Moved(tuple(steps), retired)


def _stage(observed: Observed, journey: Journey) -> int:
    """Give the stage that this interaction reaches by itself; only service needs an order before it."""
    if observed.type == "shipment_status_changed" and observed.facts.get("status") == "delivered":
        return _DELIVERED
    if observed.type == "return_received":
        return _RETURNED
    if journey.order is None:
        return 1 if observed.type == "product_viewed" else _STAGE_OF_AREA.get(observed.area, 0)
    return _SERVED if observed.area in _CONTACT else PURCHASED
