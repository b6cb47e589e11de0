"""Experiments of the shop: who sees which variation, and what that changes. The shop knows it; the view must find it.

What comes in: a person. What goes out: the person's variation, the same at every visit, and its effect.
"""

from collections.abc import Mapping
from typing import Final
from zlib import crc32

import msgspec

VARIATIONS: Final = ("A", "B")


class Experiment(msgspec.Struct, frozen=True):
    """Half of the people see each variation."""

    id: str
    gives_up: Mapping[str, float]
    """Variation → how many give up a checkout in which they first see it, apart from failed payments."""

    def variation(self, person: str) -> str:
        """Give the variation of a person."""
        return VARIATIONS[crc32(f"{self.id} {person}".encode()) & 1]

    @property
    def effect(self) -> float:
        """How many more of a hundred finish a checkout with B, divided by a hundred."""
        return _finish(self.gives_up["B"]) - _finish(self.gives_up["A"])


FAILED_PAYMENT: Final = 0.07
GIVES_UP_PAYING: Final = 0.4
"""Share of those whose payment failed."""


def _finish(gives_up: float) -> float:
    """Half of them give up at the address and half at the payment; then payments fail."""
    return (1 - gives_up / 2) ** 2 * (1 - FAILED_PAYMENT * GIVES_UP_PAYING)


CHECKOUT: Final = Experiment("checkout-button", {"A": 0.30, "B": 0.10})
"""Shown in a person's first checkout."""
HOME: Final = Experiment("home-banner", {"A": 0.30, "B": 0.30})
"""Shown when somebody lands; changes nothing."""
EXPERIMENTS: Final = (CHECKOUT, HOME)
