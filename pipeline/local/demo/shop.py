"""The shop: some weeks of made-up traffic, the same bytes for the same seed and end.

What comes in: a seed, when it ends, how many interactions. What goes out: records in the order in which to publish them, and the
truth about them. Nothing here reads a clock.
"""

from collections.abc import Iterator
from functools import cached_property
from random import Random
from typing import Final, NamedTuple

from pipeline.local.demo.delivery import Delivered, Delivery
from pipeline.local.demo.life import live, pass_by
from pipeline.local.demo.people import shopper
from pipeline.local.demo.record import DemoRecord, record_of
from pipeline.local.demo.script import DAY, MINUTE, Script
from pipeline.local.demo.stories import Story, tell_stories
from pipeline.local.demo.truth import Truth, truth_of

DAYS: Final = 21
LEAST: Final = 500
"""Fewer interactions would not hold the stories."""

_SOURCES: Final = (
    "storefront-web",
    "storefront-app",
    "pos",
    "helpdesk",
    "contact-centre",
    "fulfilment",
    "billing",
)


class _Made(NamedTuple):
    delivered: Delivered
    truth: Truth


class Shop:
    """A seeded shop.

    Args:
        seed: which shop.
        end_ms: when its traffic ends, in milliseconds; shortly before the records are published.
        interactions: how many distinct ones are sound; resent and bad records come on top.
        days: how long it trades.
    """

    def __init__(self, seed: int, end_ms: int, interactions: int = 100_000, *, days: int = DAYS) -> None:
        if interactions < LEAST or days < DAYS:
            raise ValueError(f"a demo has at least {LEAST} interactions over at least {DAYS} days")
        self._rng = Random(seed)  # noqa: S311 - traffic, not secrets
        self._start = end_ms - days * DAY
        self._end = end_ms
        self._interactions = interactions

    def records(self) -> Iterator[DemoRecord]:
        """Give the records in the order in which to publish them."""
        for sending in self._made.delivered.sendings:
            what = sending.what
            yield what if isinstance(what, DemoRecord) else record_of(what, sending.form, sending.offset)

    @property
    def truth(self) -> Truth:
        """What the tables must show."""
        return self._made.truth

    @cached_property
    def _made(self) -> _Made:
        script = Script(self._rng, self._start, self._end - MINUTE)
        stories = self._tell(script)
        envelopes = script.told[: self._interactions]
        delivered = Delivery(self._rng, self._start, self._end).deliver(envelopes)
        return _Made(delivered, truth_of(envelopes, delivered, stories))

    def _tell(self, script: Script) -> tuple[Story, ...]:
        """Tell the stories, the heartbeats of the sources, and then lives until there are enough interactions."""
        stories = tell_stories(script)
        for at in range(self._start, self._end, DAY):
            for source in _SOURCES:
                script.tell(source, "source_heartbeat", at, "system", {}, {"emitted_count": len(script.told)})
        number = 0
        tablet = ""
        while len(script.told) < self._interactions:
            number += 1
            if number % 8 < 2:  # noqa: PLR2004 - two in eight are a household
                tablet = f"t-household-{number // 8}" if number % 8 == 0 else tablet
                live(script, shopper(script.rng, number), machine=tablet)
            else:
                live(script, shopper(script.rng, number))
            stranger = shopper(script.rng, -number)
            stranger.customer, stranger.browser = "", f"a-guest-{number}"
            pass_by(script, stranger)
        return stories
