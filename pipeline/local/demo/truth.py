"""The truth about a demo: what its records hold, counted while they were made, never read from a table.

What comes in: envelopes and how they were delivered. What goes out: totals that the tables must show.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from pipeline.core.interaction import Reason
from pipeline.local.demo.catalogue import Json
from pipeline.local.demo.delivery import Delivered
from pipeline.local.demo.experiment import EXPERIMENTS
from pipeline.local.demo.stories import Story


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables must show once everything was read. Money in minor units."""

    records: int
    """All that is published: accepted, resent and bad."""
    accepted: frozenset[tuple[str, str]]
    """(source, id) of the distinct interactions."""
    resent: int
    """Accepted records beyond the first of their (source, id)."""
    conflicting: int
    """Interactions among the resent whose copy has other content."""
    bad: Mapping[Reason, int]
    """Rejections by reason."""
    types: Mapping[str, int]
    """Distinct interactions by type."""
    sources: Mapping[str, int]
    """Distinct interactions by source."""
    orders: int
    orders_by_channel: Mapping[str, int]
    revenue: Mapping[str, int]
    """By currency."""
    stories: tuple[Story, ...]
    effects: Mapping[str, float]
    """Experiment → by how much variation B raises the share of customers who order."""


def truth_of(envelopes: Sequence[Json], delivered: Delivered, stories: tuple[Story, ...]) -> Truth:
    """Count."""
    orders = [envelope for envelope in envelopes if envelope["type"] == "order_completed"]
    revenue: Counter[str] = Counter()
    for order in orders:
        money = order["data"]["revenue"]
        revenue[money["currency"]] += money["amount"]
    return Truth(
        records=len(delivered.sendings),
        accepted=frozenset((envelope["source"], envelope["id"]) for envelope in envelopes),
        resent=delivered.resent,
        conflicting=delivered.conflicting,
        bad=delivered.bad,
        types=Counter(envelope["type"] for envelope in envelopes),
        sources=Counter(envelope["source"] for envelope in envelopes),
        orders=len(orders),
        orders_by_channel=Counter(order["channel"] for order in orders),
        revenue=revenue,
        stories=stories,
        effects={each.id: each.effect for each in EXPERIMENTS},
    )
