"""Delivery: how records reach Kafka: mostly in order, some late, some again, some bad.

What comes in: envelopes in any order. What goes out: what is to be published, in that order, with every copy.
"""

from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple

from pipeline.core.interaction import Reason
from pipeline.local.demo.catalogue import COUNTRIES, Json
from pipeline.local.demo.faults import bad_records
from pipeline.local.demo.record import DemoRecord, Form
from pipeline.local.demo.script import DAY, HOUR, MINUTE, SECOND

RESENT: Final = 0.02
OFFLINE: Final = 0.2
"""Share of the eligible that an app sent with its own clock beside."""
BAD: Final = 0.004
"""Well below the ratio at which a worker stops."""

CONFLICTING: Final = 0.15
"""Share of the resent looks at a product whose copy differs."""
REWRAPPED: Final = 0.2
"""Share of the other resent records that come in another envelope; the interaction is the same."""

_DELAYS: Final = (2 * SECOND, 20 * MINUTE, 12 * HOUR, 4 * DAY)
_DELAY_SHARES: Final = (920, 50, 23, 7)
_FORMS: Final[dict[str, Form]] = {"fulfilment": "binary", "billing": "structured", "survey": "structured"}
_APP: Final = "storefront-app"
"""Phones send local time."""
_OFFSETS: Final = {country.code: country.offset for country in COUNTRIES}
_APART: Final = frozenset(
    {"id", "source", "type", "time", "channel", "context", "data", "consent", "customer_id"}
)
_CARRY_NOTHING: Final = frozenset(
    {"screen_viewed", "product_viewed", "product_clicked", "product_list_viewed"}
)


class Sending(NamedTuple):
    """One record on its way. Sorted by when it is published, then by number."""

    at: int
    number: int
    what: Json | DemoRecord
    form: Form
    offset: int


class Delivered(NamedTuple):
    """What is to be published, and what of it is not a first copy of something sound."""

    sendings: list[Sending]
    resent: int
    conflicting: int
    """Interactions that were sent again with other content."""
    bad: dict[Reason, int]


class Delivery:
    """Puts envelopes on their way."""

    def __init__(self, rng: Random, start_ms: int, end_ms: int) -> None:
        self._rng = rng
        self._start = start_ms
        self._end = end_ms
        self._sendings: list[Sending] = []
        self._resent = 0
        self._conflicting = 0

    def deliver(self, envelopes: Sequence[Json]) -> Delivered:
        """Send every envelope once, some again, and bad records between them."""
        random = self._rng.random
        for envelope in envelopes:
            at = envelope["time"] + self._delay()
            sent = envelope
            if carries_only_customer(envelope) and random() < OFFLINE:
                sent = {**envelope, "sent_at": self._end - int(random() * 20 * SECOND)}
            self._send(at, sent, _FORMS.get(envelope["source"], "flat"))
            if random() < RESENT:
                self._send_again(at, sent)
        bad = self._send_bad(len(envelopes))
        self._sendings.sort(key=lambda sending: sending[:2])
        return Delivered(self._sendings, self._resent, self._conflicting, bad)

    def _delay(self) -> int:
        longest = self._rng.choices(_DELAYS, _DELAY_SHARES)[0]
        return int(self._rng.random() * longest)

    def _send(self, at: int, what: Json, form: Form) -> None:
        offset = _OFFSETS[what["context"]["country"]] if what["source"] == _APP and "context" in what else 0
        self._sendings.append(Sending(at, len(self._sendings), what, form, offset))

    def _send_again(self, at: int, sent: Json) -> None:
        rng = self._rng
        again, form = sent, _FORMS.get(sent["source"], "flat")
        if "sent_at" in sent:
            again = {**sent, "sent_at": sent["sent_at"] + rng.randrange(30 * SECOND)}
        elif sent["type"] == "product_viewed" and rng.random() < CONFLICTING:
            again = {**sent, "data": {**sent["data"], "category": "corrected"}}
            self._conflicting += 1
        elif rng.random() < REWRAPPED:
            form = "structured"
        self._resent += 1
        self._send(at + int(rng.random() ** 3 * 3 * DAY), again, form)

    def _send_bad(self, good: int) -> dict[Reason, int]:
        """Spread bad records evenly, so that no stretch of a topic is full of them."""
        found = bad_records(self._rng, int(good * BAD), self._end)
        ordered = sorted(sending.at for sending in self._sendings)
        counts: dict[Reason, int] = {}
        for index, (reason, record) in enumerate(found):
            at = ordered[int((index + 0.5) / len(found) * len(ordered))]
            self._sendings.append(Sending(at, len(self._sendings), record, "flat", 0))
            counts[reason] = counts.get(reason, 0) + 1
        return counts


def carries_only_customer(envelope: Json) -> bool:
    """Tell whether a copy at another corrected time is evidence for no link and no machine.

    Only such envelopes get a `sent_at`: a copy that is published later has a later corrected time, and every copy
    makes its links and sightings, so that publishing the others again could rightly change an identity.
    """
    return envelope["type"] in _CARRY_NOTHING and "customer_id" in envelope and _APART.issuperset(envelope)
