"""Matters: what is known of a customer that frictions depend on.

What comes in: the customer's steps that matter, in order, one by one. What goes out: what may be a friction, and the good
experiences, as far as is known by then. A step changes only what it is about; most change nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.core.absence import Deliveries, Replies
from pipeline.core.bad import SHOWN, kind_shown
from pipeline.core.contact import Repeats
from pipeline.core.friction import Found, Friction, frictions
from pipeline.core.good import Goods
from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.step import Step
from pipeline.core.survey import answer_of


class Matters:
    """What the steps so far come to."""

    __slots__ = ("_changed", "_deliveries", "_goods", "_meaning", "_repeats", "_replies", "_shown")

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._shown: dict[Ref, tuple[str, Step]] = {}
        """Steps that show a friction by themselves, with its kind."""
        self._goods = Goods()
        self._deliveries = Deliveries(self._goods)
        self._replies = Replies(meaning)
        self._repeats = Repeats(meaning)
        self._changed = False

    def add(self, step: Step) -> None:
        """Take a step later than all others."""
        observed = step.observed
        if len(observed.things) > 1 and self._repeats.learn(observed):
            self._changed = True
        if observed.type in SHOWN and self._show(step):
            self._changed = True
        hear = _HEAR.get(observed.type)
        if hear is not None and hear(self, step):
            self._changed = True

    def change(self) -> bool:
        """Whether frictions may be others since the last time; most steps change none."""
        changed = self._deliveries.see() or self._changed
        self._changed = False
        return changed

    def _show(self, step: Step) -> bool:
        """See whether a step is a friction by itself; of answers to one survey only the last counts."""
        kind = kind_shown(step.observed, self._meaning)
        if step.observed.type == "survey_answered" and answer_of(step.observed) is not None:
            earlier = self._goods.answer(step)
            if earlier is not None:
                self._shown.pop(earlier.observed.ref, None)
            self._shown |= {step.observed.ref: (kind, step)} if kind else {}
            return True
        if kind:
            self._shown[step.observed.ref] = (kind, step)
        return bool(kind)

    def _complete(self, step: Step) -> bool:
        self._deliveries.promise(step)
        return self._goods.order(step)

    def frictions(self) -> list[Friction]:
        """Give all frictions, in order, as of the last `change`."""
        found = [Found(step.observed.time, step, kind) for kind, step in self._shown.values()]
        for kind, late in (
            ("late_delivery", self._deliveries.late),
            ("late_first_reply", self._replies.late),
        ):
            if late:
                found += [Found(at, step, kind, absence=True) for at, step in late.values()]
        if self._repeats.found:
            found += [Found(step.observed.time, step, "repeat_contact") for step in self._repeats.found]
        return frictions(found, self._goods.moments, self._meaning) if found else []


_HEAR: Final[Mapping[str, Callable[[Matters, Step], bool | None]]] = {
    "order_completed": Matters._complete,  # noqa: SLF001 - of the class above
    "delivery_promised": lambda of, step: of._deliveries.promise(step),  # noqa: SLF001
    "order_cancelled": lambda of, step: of._deliveries.cancel(step),  # noqa: SLF001
    "shipment_status_changed": lambda of, step: of._deliveries.ship(step),  # noqa: SLF001
    "contact_initiated": lambda of, step: of._repeats.hear(step),  # noqa: SLF001
    "conversation_started": lambda of, step: of._repeats.hear(step),  # noqa: SLF001
    "ticket_created": lambda of, step: of._replies.hear(step) | of._repeats.hear(step),  # noqa: SLF001
    "message_sent": lambda of, step: of._replies.hear(step),  # noqa: SLF001
    "ticket_comment_added": lambda of, step: of._replies.hear(step),  # noqa: SLF001
    "ticket_solved": lambda of, step: of._goods.solve(step),  # noqa: SLF001
    "ticket_reopened": lambda of, step: of._goods.reopen(step),  # noqa: SLF001
}

MATTERS: Final = SHOWN | _HEAR.keys()
"""Types that can make, forbid or weigh a friction."""
