"""Interactions in one line: `observed("product_viewed", at="10:00")`, `interaction("order_completed", at=..., ids=...)`."""

from typing import Any
from zlib import crc32

from pipeline.core.canonical import text_of
from pipeline.core.interaction import KINDS, Interaction
from pipeline.core.message import Observed, kind_of
from pipeline.core.telling import observed_of
from tests.simulation.scenario import AREA, PASSIVE

DAY_ONE = 1_767_225_600_000  # 2026-01-01 00:00 UTC


def moment(at: str) -> int:
    """Read "10:00", "10:00:30" or "3d 10:00" as a time from the first day on, in ms."""
    days, _, clock = at.rpartition(" ")
    hours, minutes, *rest = (float(part) for part in clock.split(":"))
    seconds = (hours * 60 + minutes) * 60 + sum(rest)
    return DAY_ONE + int(days.rstrip("d") or 0) * 86_400_000 + int(seconds * 1000)


def interaction(kind: str, *, at: str, ids: str = "customer:42", **fields: Any) -> Interaction:
    """Build an accepted interaction; `ids` are identifiers apart by spaces."""
    time = moment(at)
    identifiers = tuple(sorted(ids.split(), key=lambda i: KINDS.index(kind_of(i))))
    values: dict[str, Any] = {
        "id": f"{kind}@{at}",
        "source": "web",
        "type": kind,
        "schema": f"{kind}/1-0-0",
        "area": AREA.get(kind, "browsing"),
        "passive": kind in PASSIVE,
        "channel": "web",
        "sent_time": time,
        "time": time,
        "received": time,
        "identifiers": identifiers,
        "consent": None,
        "context_json": text_of(fields.pop("context", {})),
        "data_json": text_of(fields.pop("data", {})),
        "hash": crc32(f"{kind} {at} {ids}".encode()),
    }
    return Interaction(**(values | fields))


def observed(kind: str, *, at: str, ids: str = "customer:42", **fields: Any) -> Observed:
    """Build what an actor hears of an interaction."""
    return observed_of(interaction(kind, at=at, ids=ids, **fields))


def money(amount: int, currency: str = "EUR") -> dict[str, Any]:
    """Give an amount of money in minor units."""
    return {"amount": amount, "currency": currency}


def order(at: str, number: str = "7", amount: int = 1000, **fields: Any) -> Interaction:
    """Build an order_completed."""
    ids = fields.pop("ids", "customer:42") + f" order:{number}"
    data = {"revenue": money(amount), "total": money(amount)}
    return interaction("order_completed", at=at, ids=ids, data=data, **fields)
