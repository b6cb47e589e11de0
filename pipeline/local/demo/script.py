"""The script: what the shop's people do, told as envelopes in any order, and cut at the end of the span.

What comes in: one call for each interaction. What goes out: a list of envelopes with times in milliseconds.
"""

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Final

from pipeline.local.demo.catalogue import Json

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_SHORT: Final = {
    "storefront-web": "web",
    "storefront-app": "app",
    "contact-centre": "call",
    "helpdesk": "desk",
    "fulfilment": "ship",
    "billing": "bill",
}


class Script:
    """Gathers envelopes; gives each an id that is unique within its source."""

    def __init__(self, rng: Random, start_ms: int, end_ms: int) -> None:
        self.rng = rng
        self.start = start_ms
        self.end = end_ms
        self.told: list[Json] = []
        self._numbers: Counter[str] = Counter()

    def tell(
        self,
        source: str,
        type_: str,
        at: int,
        channel: str,
        who: Mapping[str, object],
        data: Json | None = None,
        context: Json | None = None,
    ) -> None:
        """Add an interaction, unless it has not happened yet."""
        if not self.start <= at <= self.end:
            return
        envelope: Json = {
            "id": f"{_SHORT.get(source, source)}-{self.number(source):06}",
            "source": source,
            "type": type_,
            "time": at,
            "channel": channel,
            **who,
        }
        if context:
            envelope["context"] = context
        envelope["data"] = data or {}
        self.told.append(envelope)

    def number(self, of: str) -> int:
        """Give the next number of a series, from 1."""
        self._numbers[of] += 1
        return self._numbers[of]

    def chance(self, probability: float) -> bool:
        """Toss a coin."""
        return self.rng.random() < probability

    def between(self, least: int, most: int) -> int:
        """Choose a whole number, both ends included."""
        return least + int(self.rng.random() * (most - least + 1))
