"""Cohorts: what became of a customer's orders, shipments, contacts, tickets, calls and invitations (domain.md, section 7).

What comes in: the customer's steps that matter to a cohort, in order. What goes out: what each cohort counts, drawn anew from
its few steps when one of them came; an interaction that matters to none costs a look into a table. Numerators count in the minute,
channel and source of what makes the denominator, so they move with whatever comes late.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pipeline.core.contact import contacts_of
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.purchase import first_orders, purchases
from pipeline.core.shipment import shipments
from pipeline.core.step import Step
from pipeline.core.survey import answer_of
from pipeline.core.things import things_of
from pipeline.core.ticket import tickets
from pipeline.core.window import Contribution, key_of

_WISMO: Final = frozenset({"wismo", "where_is_my_order"})
"""Reasons of a contact that asks where an order is."""

Steps = Sequence[Step]
OrderOf = Mapping[str, str]
"""Thing → the order with which it first appears together."""


def _contacts(steps: Steps, order_of: OrderOf, meaning: Meaning) -> Iterator[Contribution]:
    """Count contacts at their start, and orders by whether any contact belongs to them."""
    concerned: set[str] = set()
    for contact in contacts_of(steps, order_of, meaning):
        start = contact.start.observed
        concerned |= contact.about
        yield Contribution(key_of("repeat_contact_rate", start), int(contact.is_repeat), 1, 1)
        if start.facts.get("reason_code") in _WISMO:
            yield Contribution(key_of("wismo_rate", start), 1, 0, 0)
    for order, observed in first_orders(steps).items():
        yield Contribution(key_of("contact_rate", observed), int(order in concerned), 1, 1)


def _queues(steps: Steps) -> Iterator[Contribution]:
    """Count calls at their first contact_queued: left where, after the last one, they ended and reached no agent."""
    first: dict[str, Observed] = {}
    state: dict[str, str] = {}
    for step in steps:
        for contact in things_of(step.observed, "contact:"):
            match step.observed.type:
                case "contact_queued":
                    first.setdefault(contact, step.observed)
                    state[contact] = "waiting"
                case "contact_connected_to_agent":
                    state[contact] = "connected"
                case "contact_disconnected" if state.get(contact) == "waiting":
                    state[contact] = "left"
                case _:
                    pass
    for contact, queued in first.items():
        yield Contribution(key_of("contact_abandonment", queued), int(state[contact] == "left"), 1, 1)


def _invitations(steps: Steps) -> Iterator[Contribution]:
    """Count surveys where they were first shown; an answer off its scale is none."""
    shown: dict[str, Observed] = {}
    answered: set[str] = set()
    for step in steps:
        surveys = things_of(step.observed, "survey:")
        if step.observed.type == "survey_shown":
            for survey in surveys:
                shown.setdefault(survey, step.observed)
        elif answer_of(step.observed) is not None:
            answered.update(surveys)
    for survey, observed in shown.items():
        yield Contribution(key_of("survey_response_rate", observed), int(survey in answered), 1, 1)


class _Cohort(NamedTuple):
    """What is drawn anew together."""

    reads: tuple[str, ...]
    """Types."""
    counts: Callable[[Steps, OrderOf, Meaning], Iterable[Contribution]]
    follows_orders: bool = False
    """Whether it depends on which order a thing belongs to."""


_STARTS: Final = ("contact_initiated", "conversation_started", "ticket_created")
_COHORTS: Final = (
    _Cohort(("order_completed", "order_refunded", "item_out_of_stock"), lambda s, *_: purchases(s)),
    _Cohort(
        ("order_completed", "delivery_promised", "shipment_status_changed", "return_received"),
        lambda s, *_: shipments(s),
    ),
    _Cohort((*_STARTS, "order_completed"), _contacts, follows_orders=True),
    _Cohort((*_STARTS, "ticket_solved", "ticket_reopened"), tickets, follows_orders=True),
    _Cohort(
        ("contact_queued", "contact_connected_to_agent", "contact_disconnected"), lambda s, *_: _queues(s)
    ),
    _Cohort(("survey_shown", "survey_answered"), lambda s, *_: _invitations(s)),
)

READ_BY: Final[Mapping[str, tuple[int, ...]]] = {
    kind: tuple(number for number, cohort in enumerate(_COHORTS) if kind in cohort.reads)
    for cohort in _COHORTS
    for kind in cohort.reads
}
"""Type → numbers of the cohorts that read it."""


class Cohorts:
    """The cohorts of one customer."""

    __slots__ = ("_counted", "_steps", "stale")

    def __init__(self) -> None:
        self._steps: dict[int, list[Step]] = {}
        """Cohort → the steps that it reads, in order."""
        self._counted: dict[int, list[Contribution]] = {}
        """Cohort → what it counts, as last concluded."""
        self.stale: set[int] = set()
        """Cohorts to draw anew."""

    @property
    def contributions(self) -> Iterator[Contribution]:
        """Give all that is counted, as last concluded."""
        for counted in self._counted.values():
            yield from counted

    def add(self, step: Step, cohorts: Iterable[int]) -> None:
        """Take a step, later than all others, for the cohorts that read its type."""
        for cohort in cohorts:
            self._steps.setdefault(cohort, []).append(step)
        self.stale.update(cohorts)

    def follow_orders(self) -> None:
        """A thing turned out to belong to an order."""
        self.stale.update(number for number in self._steps if _COHORTS[number].follows_orders)

    def conclude(self, order_of: OrderOf, meaning: Meaning) -> Iterator[Contribution]:
        """Draw anew what is stale, and give what turns the old contributions into the new ones."""
        for number in self.stale:
            old, new = (
                self._counted.get(number, ()),
                list(_COHORTS[number].counts(self._steps[number], order_of, meaning)),
            )
            self._counted[number] = new
            gone, come = Counter(old), Counter(new)
            yield from (contribution.taken_back() for contribution in (gone - come).elements())
            yield from (come - gone).elements()
        self.stale.clear()
