"""Metrics: what a customer's steps contribute to which windows (domain.md, section 7).

What comes in: one customer's steps in order, each with its session. What goes out: contributions, and their
withdrawal where a later step changes an earlier answer (a cart that is paid after all).
What single interactions add by themselves (core/flow.py) is counted at the anchor instead and never moves.
"""

from typing import Final

from pipeline.core.meaning import Meaning
from pipeline.core.message import Observed
from pipeline.core.step import Session
from pipeline.core.survey import answer_of
from pipeline.core.things import thing_of, things_of
from pipeline.core.window import Contribution, bucket_of, key_of

DERIVED: Final = (
    "orders",
    "revenue",
    "average_order_value",
    "session_conversion",
    "cart_abandonment",
    "nps",
    "csat",
    "ces",
    "first_response_time",
)
"""Metrics that need a customer's history; all others are flows."""


COUNTED: Final = frozenset(
    {
        "order_completed",
        "product_added",
        "survey_answered",
        "ticket_created",
        "message_sent",
        "ticket_comment_added",
    }
)
"""Types that are counted: orders by `Metrics.order`, others by `Metrics.add`."""


THOUSAND: Final = 1000
"""Scores are counted in thousandths, since windows hold integers."""


def counted_of(session: Session) -> Contribution:
    """Give what a session contributes: it counts at its first interaction, converted if it has an order."""
    return Contribution(key_of("session_conversion", session.first), int(session.orders > 0), 1, 1)


def converted(session: Session) -> Contribution:
    """Give what the first order in a session adds."""
    return Contribution(key_of("session_conversion", session.first), 1, 0, 0)


class Metrics:
    """The fold of one customer's steps into contributions."""

    __slots__ = ("_answers", "_carts", "_last_order", "_meaning", "_replied", "_threads", "log")

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self.log: list[Contribution] = []
        """Every contribution and withdrawal, in the order in which they were made."""
        self._carts: dict[str, tuple[Observed, bool]] = {}
        """Cart → (its last product_added, whether it counts as abandoned)."""
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
                Contribution(key_of("average_order_value", observed, currency), revenue, 1, 1),
            )
        self._last_order = observed.time
        self._rescue_carts(observed.time)

    def add(self, observed: Observed) -> None:
        """Count what other interactions mean beyond themselves."""
        match observed.type:
            case "product_added":
                self._add_to_cart(observed)
            case "survey_answered":
                self._answer(observed)
            case "ticket_created":
                self._start_thread(observed, "ticket")
            case "message_sent" | "ticket_comment_added":
                self._message(observed)
            case _:
                pass

    def _add_to_cart(self, observed: Observed) -> None:
        for cart in things_of(observed, "cart:"):
            known = self._carts.get(cart)
            if known is not None:
                self.log.append(self._case(*known).taken_back())
            case = (
                observed,
                self._last_order != observed.time,
            )  # an order at the very same moment is in time
            self._carts[cart] = case
            self.log.append(self._case(*case))

    def _case(self, clock: Observed, abandoned: bool) -> Contribution:  # noqa: FBT001 - half of one value
        return Contribution(key_of("cart_abandonment", clock), int(abandoned), 1, 1)

    def _rescue_carts(self, time: int) -> None:
        for cart, (clock, abandoned) in self._carts.items():
            if abandoned and time - clock.time <= self._meaning.cart_patience:
                self.log.append(Contribution(key_of("cart_abandonment", clock), -1, 0, 0))
                self._carts[cart] = (clock, False)

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
            contribution = Contribution(key_of("nps", observed), points, 1, 1)
        elif answer.kind == "csat":
            contribution = Contribution(key_of("csat", observed), int(answer.is_top), 1, 1)
        elif answer.kind == "ces":
            contribution = Contribution(key_of("ces", observed), round(answer.score * THOUSAND), 1, 1)
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
            key = ("first_response_time", observed.time // 60_000 * 60, start.channel, start.ref[0], "")
            self.log.append(Contribution(key, waited, 1, 1, bucket_of(waited)))
