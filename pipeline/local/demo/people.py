"""Who shops: people, their identifiers and machines, and the hours at which they are awake.

What comes in: a source of randomness. What goes out: shoppers and moments.
"""

from random import Random
from typing import Final

import msgspec

from pipeline.local.demo.catalogue import GIVEN_NAMES, Country, Json, country_of
from pipeline.local.demo.script import DAY, HOUR

_HOURS: Final = (3, 2, 1, 1, 1, 2, 5, 9, 12, 14, 15, 16, 18, 16, 14, 13, 14, 17, 22, 27, 30, 26, 16, 8)
"""How busy each hour of the day is."""

_CONSENTS: Final = (
    None,
    ["analytics"],
    ["analytics", "functional"],
    ["analytics", "advertising", "functional", "sharing"],
)


class Shopper(msgspec.Struct, kw_only=True):
    """A person with an account, or one without (no customer id)."""

    customer: str
    name: str
    email: str
    phone: str
    loyalty: str
    """"" for no card."""
    browser: str
    """Anonymous id of the web browser."""
    device: str
    """"" for an app that knows the customer only."""
    country: Country
    consent: list[str] | None
    bought: list[tuple[int, str, int]] = []
    """Orders: when, id, amount in minor units."""
    enrolled_at: int = 0
    """When the person joined the loyalty programme; 0 for never."""
    has_checked_out: bool = False

    def known(self) -> Json:
        """Give what back-office systems know of the person."""
        return {"customer_id": self.customer} if self.customer else {"email": self.email}

    def in_store(self) -> Json:
        """Give what a till knows: the card, else nothing but the sale."""
        return {"loyalty_id": self.loyalty} if self.loyalty else {}


def shopper(rng: Random, number: int) -> Shopper:
    """Make up a person; all that identifies them derives from the number."""
    name = rng.choice(GIVEN_NAMES)
    country = country_of(rng)
    label = f"{name}-{number}" if number % 40 == 0 else f"c-{10_000 + number}"
    return Shopper(
        customer=label,
        name=name,
        email=f"{'Buyer' if number % 7 == 0 else 'buyer'}{number}@example.{country.code.lower()}",
        phone=f"+{49 + number % 40} 30 {1_000_000 + number}",
        loyalty=f"L{500_000 + number}" if rng.random() < 0.35 else "",  # noqa: PLR2004 - a share
        browser=f"a-{number:05x}-{rng.getrandbits(24):06x}",
        device=f"d-{number:05x}-{rng.getrandbits(24):06x}" if rng.random() < 0.7 else "",  # noqa: PLR2004 - a share
        country=country,
        consent=rng.choices(_CONSENTS, (6, 2, 1, 1))[0],
    )


def moment(rng: Random, start: int, end: int, offset_minutes: int = 0) -> int:
    """Choose a moment between start and end, by how busy the hours are where the person lives."""
    days = max(1, (end - start) // DAY)
    day = (start // DAY + int(rng.random() * (days + 1))) * DAY
    hour = rng.choices(range(24), _HOURS)[0]
    at = day + hour * HOUR + int(rng.random() * HOUR) - offset_minutes * 60_000
    return at if start <= at <= end else start + int(rng.random() * (end - start))
