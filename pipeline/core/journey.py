"""Journeys: what one customer went through around one purchase intent (domain.md, section 5).

What comes in: the customer's steps in order, and which order each thing belongs to. What goes out: the journey
of each step, and why it is there.
"""

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from pipeline.core.belonging import Belonging
from pipeline.core.binding import order_of
from pipeline.core.contact import Contacts
from pipeline.core.good import is_delivered
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, Ref
from pipeline.core.step import PURCHASED, STAGES, Journey, Step, short_id

_OPENING: Final = frozenset({"browsing", "search", "cart", "checkout", "store"})
_CONTACT: Final = frozenset({"chat", "phone", "ticket"})
_SUPPORT: Final = _CONTACT | {"survey", "feedback", "fulfilment", "billing", "order"}
_NEVER: Final = frozenset({"consent", "privacy", "identity", "source health"})
_STAGE_OF_AREA: Final = {"search": 1, "cart": 2, "checkout": 3}
_UNDOING: Final = frozenset({"order_cancelled", "order_refunded"})
_DELIVERED: Final = STAGES.index("delivered")
_SERVED: Final = STAGES.index("served")
_RETURNED: Final = STAGES.index("returned")

_NOWHERE: Final = (None, None)

Moment = tuple[int, Ref]


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
        "_open",
        "_unplaced",
        "all",
        "known",
        "orders",
    )

    def __init__(self, customer: str, meaning: Meaning) -> None:
        self._customer = customer
        self._meaning = meaning
        self.all: list[Journey] = []
        self.orders: dict[str, Journey] = {}
        """Order → its journey, in the order in which they were completed."""
        self.known = Belonging()
        self._first: dict[str, tuple[Step, Journey | None]] = {}
        """Thing → its first touchpoint and that one's journey, as it was placed."""
        self._open: Journey | None = None
        self._unplaced: dict[str, list[Step]] = {}
        """Order → earlier steps that carry it and have no journey."""
        self._contacts = Contacts()

    def learn(self, step: Step) -> list[str]:
        """Note what a step says about things; give those of which earlier steps that carry them did not know."""
        news = self.known.learn(step)
        return (
            [thing for thing in news if thing in self._first or thing.startswith("order:")] if news else news
        )

    def find(self, journey_id: str) -> Journey | None:
        """Give the journey with this id, the newest first."""
        return next((j for j in reversed(self.all) if j.id == journey_id), None)

    def add(self, step: Step) -> Moved:
        """Place the step, and give the earlier ones whose place it changes."""
        observed = step.observed
        area, things = observed.area, step.things
        if area in _CONTACT:
            step.contact = self._contacts.is_start(observed)
        elif area in _NEVER:
            return UNMOVED
        if things:
            return self._add_bound(step)
        journey = self._by_support(observed) if area in _SUPPORT else self._by_person(observed)
        if journey is not None:
            step.why = "support" if area in _SUPPORT else "person"
            self._append(journey, step)
        return UNMOVED

    def _add_bound(self, step: Step) -> Moved:
        """Place a step that carries things."""
        observed, things, changed = step.observed, step.things, UNMOVED
        if observed.type == "order_completed" and (order := order_of(things)) and order not in self.orders:
            changed = self._convert(step, order)
        else:
            journey, step.why = self._choose(observed, things)
            if journey is not None:
                self._append(journey, step)
            elif order := self._own_order(things):
                self._unplaced.setdefault(order, []).append(step)
        for thing in things:
            if thing not in self._first and not thing.startswith(
                "order:"
            ):  # an order binds from its completion on, and not before
                self._first[thing] = (step, step.journey)
        return changed

    def _choose(self, observed: Observed, things: tuple[str, ...]) -> tuple[Journey | None, str]:
        for thing in things:
            order = thing if thing.startswith("order:") else self.known.owned.get(thing)
            journey = self.orders.get(order) if order is not None else self._first.get(thing, _NOWHERE)[1]
            if journey is not None:
                return journey, "correlation"
        support = observed.area in _SUPPORT
        journey = self._by_support(observed) if support else self._by_person(observed)
        if journey is None:
            return None, ""
        return journey, "support" if support else "person"

    def _own_order(self, things: tuple[str, ...]) -> str:
        """Give the first order that is one, else the first that may become one."""
        return next((thing for thing in things if thing in self.known.completed), "") or order_of(things)

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
        current = self._open
        if current is not None and time - current.idle_at > self._meaning.journey_idle:
            current = self._open = None
        return current

    def _kept_open_at(self, time: int) -> Journey | None:
        return next((j for j in reversed(self.orders.values()) if time <= j.kept_until), None)

    def _start(self, time: int) -> Journey:
        self._open = Journey()
        self._open.idle_at = time
        self.all.append(self._open)
        return self._open

    def _append(self, journey: Journey, step: Step) -> None:
        observed, steps = step.observed, journey.steps
        step.journey = journey
        step.number = len(steps) + 1
        if steps:
            last = steps[-1].observed
            step.gap = observed.time - last.time
            step.channel_changed = last.channel != observed.channel
        else:
            step.gap, step.channel_changed = None, False
            journey.key = (observed.time, short_id(self._customer, observed.time, *observed.ref))
        stage = _stage(observed, journey)
        step.stage = max(journey.stage, stage)
        journey.keep(step)
        self._follow(journey, observed)

    def _follow(self, journey: Journey, observed: Observed) -> None:
        """See whether a step keeps its journey open; after the order also whether it cancels or refunds it."""
        time, meaning = observed.time, self._meaning
        if journey.order is None:
            if not observed.passive and time - journey.idle_at <= meaning.journey_idle:
                journey.idle_at = time
            return
        if time <= journey.kept_until and (
            (observed.area in _CONTACT and not observed.passive) or is_delivered(observed)
        ):
            journey.kept_until = max(journey.kept_until, time + meaning.journey_kept_open)
        if observed.type in _UNDOING:
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
            if before.observed.type in _UNDOING:
                journey.undo(before.observed)
        step.why = "correlation"
        self._append(journey, step)
        return moved

    def _rejoin(self, journey: Journey, earlier: list[Step]) -> Moved:
        retired = journey.key if journey.steps else None
        steps = sorted((*journey.steps, *earlier), key=lambda s: s.order)
        journey.reset()
        journey.joined = earlier[0]
        for step in earlier:
            step.why = "correlation"
        for step in steps:
            self._append(journey, step)
        return Moved(tuple(steps), retired)

    def waited_for(self, since: Moment) -> Moment | None:
        """Give the first step that waited for an order completed at or after a moment."""
        found: Moment | None = None
        for journey in reversed(self.orders.values()):
            if journey.order is None or moment_of(journey.order) < since:
                break
            if journey.joined is not None and (found is None or journey.joined.order < found):
                found = journey.joined.order
        return found

    def rewind(self, rewound: Sequence[Step]) -> None:
        """Go back to before these steps, the last ones; none before them waited for an order among them."""
        since = rewound[0].order
        for step in rewound:
            for thing in step.things:
                if self._first.get(thing, _NOWHERE)[0] is step:
                    del self._first[thing]
        self._contacts.forget(rewound)
        for order, steps in list(self._unplaced.items()):
            self._unplaced[order] = [step for step in steps if step.order < since]
        for journey in {step.journey for step in rewound if step.journey is not None}:
            self._shorten(journey, since)
        while self.all and not self.all[-1].steps:
            self.all.pop()
        self._open = self.all[-1] if self.all and self.all[-1].order is None else None

    def _shorten(self, journey: Journey, since: Moment) -> None:
        """Take the steps from a moment on out of a journey."""
        kept = journey.steps[: bisect_left(journey.steps, since, key=attrgetter("order"))]
        order = journey.order
        if order is not None and moment_of(order) >= since:
            del self.orders[journey.order_id]
            journey.reopen()
            order = None
        journey.reset()
        if order is not None:
            journey.kept_until = order.time + self._meaning.journey_kept_open
        elif kept:
            journey.idle_at = kept[0].observed.time
        for step in kept:
            journey.keep(step)
            if order is None or step.order > moment_of(order):
                self._follow(journey, step.observed)
            elif step.observed.type in _UNDOING:
                journey.undo(step.observed)


def moment_of(observed: Observed) -> Moment:
    """Give what interactions are ordered by."""
    return (observed.time, observed.ref)


def _stage(observed: Observed, journey: Journey) -> int:
    """Give the stage that this interaction reaches by itself; only service needs an order before it."""
    kind = observed.type
    if kind == "shipment_status_changed":
        if is_delivered(observed):
            return _DELIVERED
    elif kind == "return_received":
        return _RETURNED
    if journey.order is None:
        return 1 if kind == "product_viewed" else _STAGE_OF_AREA.get(observed.area, 0)
    return _SERVED if observed.area in _CONTACT else PURCHASED
