"""Who an identifier was on a day: as known now, and as it was known at the end of that day.

What comes in: an identifier, a day in UTC. What goes out: whose each interaction of the day is that carried it. "Now" is
what the views say. "Then" is the batch answer over the interactions that the broker had taken by the end of the day: of
the identifier, of what it links to in any state, and of things that may lend a machine their person. Nothing else decides
whose it is. An interaction that came again has the broker's time of the copy that counts.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self

from pipeline.cli.reading import Read, sql_of
from pipeline.core.interaction import KINDS, Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import MACHINE_KINDS, Ref, kind_of
from pipeline.core.oracle import answer
from pipeline.core.row import InteractionRow
from pipeline.settings import Settings
from pipeline.store.archive import interaction_of

MOST: Final = 20_000
"""Interactions that are recomputed; a shop's tablet has more, and would take minutes."""
_DAY: Final = timedelta(days=1)

Owners = dict[Ref, tuple[str, ...]]
"""(source, id) of an interaction that carries the identifier → its customer; several where copies reached several."""


class TooManyError(Exception):
    """Too much hangs together to be recomputed while a person waits."""


class Day(NamedTuple):
    """One day of an identifier. Interactions are those of the day, else the last one before it."""

    day: datetime
    on_the_day: bool
    """False where nothing of the day carries it and the last interaction before it is told instead."""
    now: Owners
    then: Owners
    """Without interactions that had not come yet."""
    because: Interaction | None
    """The first later one with which the answer is as now, where they differ and one is found."""

    @classmethod
    def read(cls, identifier: str, day: datetime, read: Read) -> Self:
        """Compare what the views say of a day with what was known then. Raises TooManyError."""
        since, until = _ms(day), _ms(day + _DAY)
        now = _now(identifier, since, until, MOST, read)
        on_the_day = bool(now)
        now = now or _now(identifier, 0, since, 1, read)
        archive = _archive(identifier, read)
        who = _recompute(now, _meaning())
        before = [i for i in archive if i.received < until]
        then = who(before)
        later = sorted(
            (i for i in archive if i.received >= until), key=lambda i: (i.received, i.source, i.id)
        )
        return cls(day, on_the_day, now, then, None if then == now else _because(before, later, now, who))

    def document(self) -> dict[str, Any]:
        """Give it for programs."""
        cause = self.because
        return {
            "day": f"{self.day:%Y-%m-%d}",
            "on_the_day": self.on_the_day,
            "now": _listed(self.now),
            "then": _listed(self.then),
            "differs": self.now != self.then,
            "because": None
            if cause is None
            else {"source": cause.source, "id": cause.id, "type": cause.type},
        }


def _listed(owners: Owners) -> list[dict[str, str]]:
    return [
        {"source": source, "id": name, "customer": customer}
        for (source, name), customers in owners.items()
        for customer in customers
    ]


def _now(identifier: str, since: int, until: int, last: int, read: Read) -> Owners:
    span = {"identifier": identifier, "since": since, "until": until, "last": last, "kinds": list(KINDS)}
    rows = read(sql_of("belonging"), span).records()
    return _grouped((row["source"], row["id"], row["customer"]) for row in reversed(rows))


def _grouped(rows: Iterable[tuple[str, str, str]]) -> Owners:
    found: dict[Ref, set[str]] = {}
    for source, name, customer in rows:
        found.setdefault((source, name), set()).add(customer)
    return {ref: tuple(sorted(customers)) for ref, customers in found.items()}


def _archive(identifier: str, read: Read) -> list[Interaction]:
    known = {identifier, *_texts(read, "anchors", identifier=identifier)}
    fresh = set(known)
    while fresh and len(known) <= MOST:
        machines = [i for i in fresh if kind_of(i) in MACHINE_KINDS]
        fresh = set(_texts(read, "around", identifiers=sorted(fresh), machines=machines)) - known
        known |= fresh
    # A customer links to nobody: what only carries that says nothing about the others.
    deciding = sorted(i for i in known if i == identifier or kind_of(i) != "customer")
    rows = list(read(sql_of("archived"), {"identifiers": deciding, "most": MOST + 1}).rows)
    if len(rows) > MOST or len(known) > MOST:
        raise TooManyError(
            f"{identifier} hangs together with more than {MOST:,} interactions, too many to recompute a day:"
            " leave --on out, or name something that fewer people share"
        )
    return [interaction_of(InteractionRow(*row)) for row in rows]


def _recompute(asked: Owners, meaning: Meaning) -> Callable[[Iterable[Interaction]], Owners]:
    def who(known: Iterable[Interaction]) -> Owners:
        found = _grouped((row.source, row.id, row.customer) for row in answer(known, meaning).touchpoints)
        return {ref: found[ref] for ref in asked if ref in found}

    return who


def _because(
    before: list[Interaction],
    later: Sequence[Interaction],
    now: Owners,
    who: Callable[[Iterable[Interaction]], Owners],
) -> Interaction | None:
    """Halve what came later until one interaction is left that makes the answer that of now."""
    if who([*before, *later]) != now:
        return None
    low, high = 0, len(later)
    while high - low > 1:
        middle = (low + high) // 2
        if who([*before, *later[:middle]]) == now:
            high = middle
        else:
            low = middle
    return later[low] if later else None


def _meaning() -> Meaning:
    from pipeline.meaning import meaning_of  # noqa: PLC0415 - it brings Faust, and only --on needs it

    return meaning_of(Settings.load())


def _texts(read: Read, query: str, **parameters: object) -> list[str]:
    return [str(row[0]) for row in read(sql_of(query), parameters).rows]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
