"""Metrics: what a customer's steps contribute to which windows (domain.md, section 7).

What comes in: one customer's steps in order, each with its session. What goes out: contributions, and their
withdrawal where a later step changes an earlier answer (a cart that is paid after all). What became of orders, shipments,
contacts and the like is in core/cohort.py; frictions count in core/customer.py, where they are drawn.
What single interactions add by themselves (core/flow.py) is counted at the anchor instead and never moves.
"""

from typing import Final

from pipeline.core.cohort import HEARD, Cohorts
from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Session
from pipeline.core.survey import answer_of
from pipeline.core.things import thing_of, things_of
from pipeline.core.window import Contribution, key_at, key_of, value

DERIVED: Final = (
    "orders",
    "revenue",
    "average_order_value",
    "session_conversion",
    "cart_abandonment",
    "checkout_abandonment",
    "nps",
    "csat",
    "ces",
    "survey_response_rate",
    "repeat_purchase_rate",
    "refund_rate",
    "stockout_after_order",
    "return_rate",
    "on_time_delivery",
    "first_response_time",
    "resolution_time",
    "contact_abandonment",
    "first_contact_resolution",
    "repeat_contact_rate",
    "contact_rate",
    "wismo_rate",
    "friction_rate",
)
"""Metrics that need a customer's history; all others are flows."""


_COUNTED: Final = HEARD | {
    "order_completed",
    "product_added",
    "checkout_started",
    "survey_answered",
    "ticket_created",
    "message_sent",
    "ticket_comment_added",
}


def is_counted(observed: Observed) -> bool:
    """Whether an interaction changes what is counted: by its type, or since it tells what belongs to an order."""
    return observed.type in _COUNTED or len(observed.things) > 1


THOUSAND: Final = 1000
"""Scores are counted in thousandths, since windows hold integers."""


def counted_of(session: Session) -> tuple[Contribution, Contribution]:
    """Give what a session contributes: it counts at its first interaction, converted if it has an order."""
    return (
        Contribution(key_of("session_conversion", session.first), int(session.orders > 0), 1, 1),
        Contribution(key_of("friction_rate", session.first), 0, 1, 1),
    )


def converted(session: Session) -> Contribution:
    """Give what the first order in a session adds."""
    return Contribution(key_of("session_conversion", session.first), 1, 0, 0)


class Metrics:
    """The fold of one customer's steps into contributions."""

    __slots__ = ("_answers", "_cases", "_cohorts", "_last_order", "_meaning", "_replied", "_threads", "log")

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self.log: list[Contribution] = []
        """Every contribution and withdrawal, in the order in which they were made."""
        self._cohorts: Cohorts | None = None
        """Most visitors have nothing for them to hear."""
        self._cases: dict[tuple[str, str], tuple[Observed, bool]] = {}
        """(metric, cart) → (its clock, whether it counts as abandoned)."""
        self._last_order: int | None = None
        self._answers: dict[str, Contribution | None] = {}
        self._threads: dict[str, Observed] = {}
        """Conversation or ticket → what started its clock."""
        self._replied: set[str] = set()

    def order(self, observed: Observed) -> None:
        """Count the first order_completed of an order id."""
        currency, revenue = str(observed.facts.get("currency") or ""), observed.facts.get("revenue")
        self.log.append(Contribution(key_of("orders", observed), 1, 0, 1))
        if isinstance(revenue, int):
            self.log += (
                Contribution(key_of("revenue", observed, currency), revenue, 0, 1),
                value(key_of("average_order_value", observed, currency), revenue),
            )
        self._hearing().order(observed)
        self._last_order = observed.time
        self._rescue_cases(observed.time)

    def learn(self, observed: Observed) -> None:
        """Hear of an interaction with several things, before it is counted, which of them belongs to which order."""
        if observed.things[0].startswith("order:"):
            self._hearing().learn(observed)

    def _hearing(self) -> Cohorts:
        if self._cohorts is None:
            self._cohorts = Cohorts(self._meaning, self.log)
        return self._cohorts

    def add(self, observed: Observed) -> None:
        """Count what other interactions mean beyond themselves."""
        if observed.type in HEARD:
            self._hearing().hear(observed)
        match observed.type:
            case "product_added":
                self._set_clock("cart_abandonment", observed)
            case "checkout_started":
                self._set_clock("checkout_abandonment", observed, again=False)
            case "survey_answered":
                self._answer(observed)
            case "ticket_created":
                self._start_thread(observed, "ticket")
            case "message_sent" | "ticket_comment_added":
                self._message(observed)
            case _:
                pass

    def _set_clock(self, metric: str, observed: Observed, *, again: bool = True) -> None:
        """Open a case for each cart, or set the clock of an open one anew if it may be set again."""
        for cart in things_of(observed, "cart:"):
            known = self._cases.get((metric, cart))
            if known is not None and not again:
                continue
            if known is not None:
                self.log.append(_case(metric, *known).taken_back())
            # An order at the very same moment is in time.
            case = self._cases[metric, cart] = (observed, self._last_order != observed.time)
            self.log.append(_case(metric, *case))

    def _rescue_cases(self, time: int) -> None:
        for (metric, cart), (clock, abandoned) in self._cases.items():
            if abandoned and time - clock.time <= self._meaning.cart_patience:
                self.log.append(Contribution(key_of(metric, clock), -1, 0, 0))
                self._cases[metric, cart] = (clock, False)

    def _answer(self, observed: Observed) -> None:
        answer = answer_of(observed)
        survey = thing_of(observed, "survey:") or str(observed.ref)
        if answer is None:
            return
        known = self._answers.get(survey)
        if known is not None:
            self.log.append(known.taken_back())
        contribution = None
        if answer.kind == "nps":
            points = 100 * (answer.is_promoter - answer.is_detractor)
            contribution = value(key_of("nps", observed), points)
        elif answer.kind == "csat":
            contribution = Contribution(key_of("csat", observed), int(answer.is_top), 1, 1)
        elif answer.kind == "ces":
            contribution = value(key_of("ces", observed), round(answer.score * THOUSAND))
        self._answers[survey] = contribution
        if contribution is not None:
            self.log.append(contribution)

    def _start_thread(self, observed: Observed, kind: str) -> None:
        for thread in things_of(observed, f"{kind}:"):
            self._threads.setdefault(thread, observed)

    def _message(self, observed: Observed) -> None:
        author = observed.facts.get("author")
        if author == "customer" and observed.type == "message_sent":
            self._start_thread(observed, "conversation")
        elif author == "agent":
            self._reply(observed)

    def _reply(self, observed: Observed) -> None:
        for thread in things_of(observed, "conversation:" if observed.type == "message_sent" else "ticket:"):
            start = self._threads.get(thread)
            if start is None or thread in self._replied:
                continue
            self._replied.add(thread)
            waited = observed.time - start.time
            self.log.append(value(key_at("first_response_time", observed.time, start), waited))


def _case(metric: str, clock: Observed, abandoned: bool) -> Contribution:  # noqa: FBT001 - half of one value
    return Contribution(key_of(metric, clock), int(abandoned), 1, 1)
