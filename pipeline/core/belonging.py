"""Belonging: which orders are completed, and which order each thing belongs to (domain.md, section 5).

What comes in: the customer's steps in order. What goes out: what they say about things, wherever it is said: a later step
may say of a thing that earlier ones carry to which order it belongs.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from pipeline.core.binding import order_of
from pipeline.core.step import Step


def told_by(step: Step, news: AbstractSet[str]) -> bool:
    """Whether news of things and orders may change where a step belongs; that an order is one tells it from others."""
    found = [thing for thing in step.things if thing in news]
    if not found:
        return False
    orders = [thing for thing in step.things if thing.startswith("order:")]
    return len(orders) > 1 or found != orders


class Belonging:
    """What all of a customer's steps together say about orders and things."""

    __slots__ = ("_named", "completed", "owned")

    def __init__(self) -> None:
        self.owned: dict[str, str] = {}
        """Thing → the order with which it first appears together, in any interaction of the customer."""
        self.completed: set[str] = set()
        """Orders with an order_completed; others are none."""
        self._named: set[str] = set()
        """Orders that appeared with other things, completed or not."""

    def learn(self, step: Step) -> list[str]:
        """Note what a step later than all others says; give the things and orders of which that was not known."""
        things, news = step.things, list[str]()
        if (
            step.observed.type == "order_completed"
            and (order := order_of(things))
            and order not in self.completed
        ):
            self.completed.add(order)
            if order in self._named:
                news.append(order)
        if len(things) < 2:  # noqa: PLR2004 - an order and another thing
            return news
        self._named.update([thing for thing in things if thing.startswith("order:")])
        order = next((thing for thing in things if thing in self.completed), "")
        if order:
            fresh = [t for t in things if not t.startswith("order:") and t not in self.owned]
            self.owned.update(dict.fromkeys(fresh, order))
            news += fresh
        return news

    def learn_all(self, steps: Iterable[Step]) -> set[str]:
        """Note anew what all steps say; give the things and orders of which something else was known."""
        completed, owned = self.completed, self.owned
        bound = [step for step in steps if step.things]
        self.owned, self._named = {}, set()
        self.completed = {order_of(s.things) for s in bound if s.observed.type == "order_completed"} - {""}
        for step in bound:
            self.learn(step)
        return (completed ^ self.completed) | {thing for thing, _ in owned.items() ^ self.owned.items()}
