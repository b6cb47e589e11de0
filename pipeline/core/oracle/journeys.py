"""Journeys (domain.md, section 5, "Journey"): which step belongs to which journey, and why.

What comes in: a customer's interactions in order. What goes out: its journeys with their steps in order.
"""

from typing import Final

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed, kind_of
from pipeline.core.oracle.history import History, ids_of, moment_of
from pipeline.core.step import short_id

_NEVER_STEPS: Final = frozenset({"consent", "privacy", "identity", "source health"})
_CONTACT: Final = frozenset({"chat", "phone", "ticket"})
_OPENING: Final = frozenset({"browsing", "search", "cart", "checkout", "store"}) | _CONTACT
_SUPPORT: Final = frozenset({"survey", "feedback", "fulfilment", "billing", "order"}) | _CONTACT
_BINDING: Final = ("order", "invoice", "shipment", "ticket", "contact", "conversation", "survey")
_NOT_BINDING: Final = frozenset({"subscription", "checkout", "cart"})


class Journey:
    """One purchase intent. Times in ms."""

    def __init__(self) -> None:
        self.steps: list[tuple[Observed, str]] = []
        """(interaction, why)."""
        self.order_id = ""
        self.order: Observed | None = None
        self.last_active = 0
        """Before purchase: time of the last non-passive step."""
        self.kept_until = 0
        """After purchase: until when it is kept open."""

    def id(self, customer: str) -> str:
        """Give its name: the customer and its first step."""
        first = self.steps[0][0]
        return short_id(customer, first.time, *first.ref)


def bindings_of(observed: Observed) -> list[str]:
    """Give what can bind an interaction to a journey, the strongest first."""
    bindings = ids_of(observed, *_BINDING)
    about_type, about_id = observed.facts.get("about_type"), observed.facts.get("about_id")
    if about_type and about_id and about_type not in _NOT_BINDING:
        about = f"{about_type}:{about_id}"
        if about not in bindings:
            bindings.append(about)
    return bindings


def journeys_of(history: History, meaning: Meaning) -> list[Journey]:
    """Place every interaction; steps in order."""
    placing = _Placing(history, meaning)
    for observed in history.interactions:
        if observed.area not in _NEVER_STEPS:
            placing.place(observed)
    placing.join_early()
    for journey in placing.journeys:
        journey.steps.sort(key=lambda step: moment_of(step[0]))
    return placing.journeys


class _Placing:
    """Where each interaction goes, asked in order."""

    def __init__(self, history: History, meaning: Meaning) -> None:
        self.history = history
        self.meaning = meaning
        self.journeys: list[Journey] = []
        self.open: Journey | None = None
        """The pre-purchase journey that may be open."""
        self.purchased: list[Journey] = []
        """Those with an order, in order of their orders."""
        self.journey_of_order: dict[str, Journey] = {}
        self.order_of = self._orders_of_things()
        self.first_touch: dict[str, Journey | None] = {}
        """Thing → journey of its first touchpoint."""
        self.homeless: list[Observed] = []

    def _orders_of_things(self) -> dict[str, str]:
        """A thing belongs to the order with which it first appears together in any interaction."""
        found: dict[str, str] = {}
        for observed in self.history.interactions:
            bindings = bindings_of(observed)
            orders = [thing for thing in bindings if thing in self.history.orders]
            for thing in bindings:
                if orders and kind_of(thing) != "order":
                    found.setdefault(thing, orders[0])
        return found

    def place(self, observed: Observed) -> None:
        """Give an interaction its journey by the first rule that applies."""
        journey, why = self._journey_of(observed)
        for thing in bindings_of(observed):
            self.first_touch.setdefault(thing, journey)
        if journey is None:
            self.homeless.append(observed)
            return
        self._add(journey, observed, why)

    def _journey_of(self, observed: Observed) -> tuple[Journey | None, str]:
        orders = ids_of(observed, "order")
        if orders and self.history.orders.get(orders[0]) is observed:
            return self._purchase(orders[0], observed), "correlation"
        for thing in bindings_of(observed):
            journey = self._journey_of_thing(thing)
            if journey is not None:
                return journey, "correlation"
        if observed.area in _SUPPORT:
            return self._by_support(observed), "support"
        return self._by_person(observed), "person"

    def _journey_of_thing(self, thing: str) -> Journey | None:
        """Rule 1. An order id belongs to its journey from order_completed on."""
        if kind_of(thing) == "order":
            return self.journey_of_order.get(thing)
        if thing in self.order_of:
            return self.journey_of_order.get(self.order_of[thing])
        return self.first_touch.get(thing)

    def _by_support(self, observed: Observed) -> Journey | None:
        """Rule 2."""
        for journey in reversed(self.purchased):
            order = journey.order
            if order is not None and observed.time - order.time <= self.meaning.support_reach:
                return journey
        return self._open_at(observed.time) or self._kept_open(observed.time) or self._opened_by(observed)

    def _by_person(self, observed: Observed) -> Journey | None:
        """Rule 3, after what opens a journey."""
        return self._open_at(observed.time) or self._opened_by(observed) or self._kept_open(observed.time)

    def _open_at(self, time: int) -> Journey | None:
        """Give the open pre-purchase journey: not more than 30 days without a non-passive step."""
        if self.open is not None and time - self.open.last_active > self.meaning.journey_idle:
            self.open = None
        return self.open

    def _kept_open(self, time: int) -> Journey | None:
        """Give the newest journey with an order that is kept open."""
        return next((j for j in reversed(self.purchased) if time <= j.kept_until), None)

    def _opened_by(self, observed: Observed) -> Journey | None:
        if observed.passive or observed.area not in _OPENING:
            return None
        self.open = Journey()
        self.open.last_active = observed.time
        self.journeys.append(self.open)
        return self.open

    def _purchase(self, order_id: str, order: Observed) -> Journey:
        """An order converts the open journey, or starts and converts one at once."""
        journey = self._open_at(order.time)
        if journey is None:
            journey = Journey()
            self.journeys.append(journey)
        self.open = None
        journey.order_id, journey.order = order_id, order
        journey.kept_until = order.time + self.meaning.journey_kept_open
        self.purchased.append(journey)
        self.journey_of_order[order_id] = journey
        return journey

    def _add(self, journey: Journey, observed: Observed, why: str) -> None:
        """Append a step. A journey that has ended stays ended, whatever joins it by correlation."""
        journey.steps.append((observed, why))
        if journey.order is None:
            if not observed.passive and journey is self._open_at(observed.time):
                journey.last_active = observed.time
        elif observed.time <= journey.kept_until and (
            observed.facts.get("status") == "delivered"
            or (observed.area in _CONTACT and not observed.passive)
        ):
            journey.kept_until = observed.time + self.meaning.journey_kept_open

    def join_early(self) -> None:
        """What carried the id of an order before its order_completed and has no journey joins it after all."""
        for observed in self.homeless:
            for thing in bindings_of(observed):
                if thing in self.journey_of_order:
                    self.journey_of_order[thing].steps.append((observed, "correlation"))
                    break
