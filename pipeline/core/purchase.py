"""Purchases: what became of a customer's orders (domain.md, sections 5 and 7).

What comes in: what is heard of orders, in the order of time. What goes out: cases in the minute, channel and source of
the order, or of its first delivery, whoever booked what became of it, and whenever. What is heard of an order that was never completed counts
nowhere.
"""

from collections.abc import Iterable
from typing import Final

from pipeline.core.case import Cases
from pipeline.core.message import Observed

_METRICS: Final = {
    "order_refunded": "refund_rate",
    "item_out_of_stock": "stockout_after_order",
    "contact": "contact_rate",
}
"""What is heard of an order → the share of orders of which it is."""
_RETURNED: Final = "return_received"


class _Order:
    """What is known of one."""

    __slots__ = ("arrived", "completed", "heard")

    def __init__(self) -> None:
        self.completed: Observed | None = None
        self.arrived: Observed | None = None
        """The first delivered of its shipments."""
        self.heard: set[str] = set()


class Purchases:
    """A customer's orders."""

    __slots__ = ("_any", "_cases", "_orders")

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._orders: dict[str, _Order] = {}
        self._any = False
        """Whether there is an order."""

    def complete(self, order: str, observed: Observed) -> None:
        """Hear the first order_completed of an order."""
        known = self._order(order)
        known.completed = observed
        self._cases.count("repeat_purchase_rate", order, observed, self._any)
        self._any = True
        for what, metric in _METRICS.items():
            self._cases.count(metric, order, observed, what in known.heard)
        self._see_return(order, known)

    def hear(self, orders: Iterable[str], what: str) -> None:
        """Hear of orders a refund (a part is one, too), an item out of stock, a return or a contact."""
        for order in orders:
            known = self._order(order)
            if what in known.heard:
                continue
            known.heard.add(what)
            if what == _RETURNED:
                self._see_return(order, known)
            elif known.completed is not None:
                self._cases.count(_METRICS[what], order, known.completed, True)

    def arrive(self, orders: Iterable[str], delivered: Observed) -> None:
        """Hear that a shipment of orders is delivered, or that a delivered one is theirs: the first counts."""
        for order in orders:
            known = self._order(order)
            arrived = known.arrived
            if arrived is None or (delivered.time, delivered.ref) < (arrived.time, arrived.ref):
                known.arrived = delivered
                self._see_return(order, known)

    def _see_return(self, order: str, known: _Order) -> None:
        if known.completed is not None and known.arrived is not None:
            self._cases.count("return_rate", order, known.arrived, _RETURNED in known.heard)

    def _order(self, order: str) -> _Order:
        known = self._orders.get(order)
        if known is None:
            known = self._orders[order] = _Order()
        return known
