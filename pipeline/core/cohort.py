"""Cohorts: what became of a customer's orders, shipments, contacts, tickets, calls and invitations (domain.md, section 7).

What comes in: the customer's interactions that matter to a cohort, in order. What goes out: contributions, and their withdrawal
where a later interaction changes an earlier answer; one that matters to none is never heard.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.core.case import Cases
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.purchase import Purchases
from pipeline.core.service import Service
from pipeline.core.shipment import Shipments
from pipeline.core.survey import answer_of
from pipeline.core.things import thing_of, things_of
from pipeline.core.window import Contribution


class Queues:
    """Calls that waited: left where, after the last contact_queued, they ended and reached no agent."""

    __slots__ = ("_cases", "_first", "_state")

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._first: dict[str, Observed] = {}
        """Contact → its first contact_queued, where it counts."""
        self._state: dict[str, str] = {}
        """Contact → the last type that was heard of it, but contact_disconnected after it reached an agent."""

    def hear(self, observed: Observed) -> None:
        """Hear that a call was queued, reached an agent or ended."""
        for contact in things_of(observed, "contact:"):
            if observed.type == "contact_queued":
                self._first.setdefault(contact, observed)
            elif contact not in self._first or (
                observed.type == "contact_disconnected"
                and self._state[contact] == "contact_connected_to_agent"
            ):
                continue
            self._state[contact] = observed.type
            left = observed.type == "contact_disconnected"
            self._cases.count("contact_abandonment", contact, self._first[contact], left)


class Invitations:
    """Surveys that were shown: each once, where it was shown first. An answer off its scale is none."""

    __slots__ = ("_answered", "_cases", "_shown")

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._shown: dict[str, Observed] = {}
        self._answered: set[str] = set()

    def hear(self, observed: Observed) -> None:
        """Hear that a survey was shown or answered."""
        surveys = things_of(observed, "survey:")
        if observed.type == "survey_shown":
            for survey in surveys:
                self._shown.setdefault(survey, observed)
        elif answer_of(observed) is not None:
            self._answered.update(surveys)
        for survey in surveys:
            if survey in self._shown:
                answered = survey in self._answered
                self._cases.count("survey_response_rate", survey, self._shown[survey], answered)


class Cohorts:
    """The cohorts of one customer."""

    __slots__ = ("_invitations", "_purchases", "_queues", "_service", "_shipments")

    def __init__(self, meaning: Meaning, log: list[Contribution]) -> None:
        cases = Cases(log)
        self._purchases = Purchases(cases)
        self._shipments = Shipments(cases, self._purchases)
        self._service = Service(cases, self._purchases, meaning)
        self._queues = Queues(cases)
        self._invitations = Invitations(cases)

    def order(self, observed: Observed) -> None:
        """Hear the first order_completed of an order."""
        order = thing_of(observed, "order:")
        self._shipments.promise(order, observed)
        self._purchases.complete(order, observed)

    def hear(self, observed: Observed) -> None:
        """Hear an interaction of a type in HEARD, later than all before."""
        _HEAR[observed.type](self, observed)

    def learn(self, observed: Observed) -> None:
        """Hear of an interaction of any type with an order and other things which of them belong to it."""
        self._service.learn(observed)

    def _hear_of_orders(self, observed: Observed) -> None:
        self._purchases.hear(things_of(observed, "order:"), observed.type)

    def _promise(self, observed: Observed) -> None:
        for order in things_of(observed, "order:"):
            self._shipments.promise(order, observed)


_HEAR: Final[Mapping[str, Callable[[Cohorts, Observed], None]]] = {
    **dict.fromkeys(
        ("order_refunded", "item_out_of_stock", "return_received"),
        Cohorts._hear_of_orders,  # noqa: SLF001 - of the class above
    ),
    "delivery_promised": Cohorts._promise,  # noqa: SLF001
    "shipment_status_changed": lambda of, observed: of._shipments.hear(observed),  # noqa: SLF001
    **dict.fromkeys(
        ("contact_initiated", "conversation_started", "ticket_created"),
        lambda of, observed: of._service.start(observed),  # noqa: SLF001
    ),
    "ticket_solved": lambda of, observed: of._service.solve(observed),  # noqa: SLF001
    "ticket_reopened": lambda of, observed: of._service.reopen(observed),  # noqa: SLF001
    **dict.fromkeys(
        ("contact_queued", "contact_connected_to_agent", "contact_disconnected"),
        lambda of, observed: of._queues.hear(observed),  # noqa: SLF001
    ),
    **dict.fromkeys(
        ("survey_shown", "survey_answered"),
        lambda of, observed: of._invitations.hear(observed),  # noqa: SLF001
    ),
}

HEARD: Final = frozenset(_HEAR)
"""Types that matter to a cohort, beside order_completed."""
