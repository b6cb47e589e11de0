"""Traffic that nothing later revises: an identifier is linked when it is first seen, and event time rises, with some disorder.

So what happened before a final watermark may never change again, but for a source that is late by more than was allowed.
"""

from itertools import pairwise
from random import Random
from typing import NamedTuple

from pipeline.core.canonical import text_of
from pipeline.core.interaction import KINDS, MACHINES, PERSONS, THINGS, Interaction
from pipeline.core.message import kind_of

MINUTE = 60_000
SKEW = 3 * MINUTE
START = 1_000_000_020_000
"""The start of a minute."""
LATE = "late"
"""A source whose interactions come too late; so do all of its customer's."""
_TYPES = {"page_viewed": "browsing", "products_searched": "search", "error_shown": "page health"}


class Arrival(NamedTuple):
    """An interaction on its way to a raw partition."""

    at: int
    """The broker's time."""
    partition: int
    interaction: Interaction


def ladder(random: Random) -> list[str]:
    """Kinds from the weakest to the strongest: each may have a word for any later one."""
    return [*reversed(THINGS), random.choice(MACHINES), *reversed(PERSONS)]


def chain(random: Random, name: str) -> list[str]:
    """Identifiers of one person, each of which is only ever seen with the next stronger one."""
    kinds = ladder(random)
    some = kinds if random.random() < 0.5 else sorted(random.sample(kinds, 3), key=kinds.index)
    return [f"{kind}:{name}" for kind in some]


def interaction(
    time: int, number: int, identifiers: tuple[str, ...], *, kind: str, source: str
) -> Interaction:
    """One in order of strength."""
    ordered = tuple(sorted(identifiers, key=lambda one: KINDS.index(kind_of(one))))
    return Interaction(
        id=f"i{number}",
        source=source,
        type=kind,
        schema=f"{kind}/1-0-0",
        area=_TYPES[kind],
        passive=False,
        channel="web",
        sent_time=time,
        time=time,
        received=time,
        identifiers=ordered,
        consent=None,
        context_json="",
        data_json=text_of({"results_count": number % 2}) if kind == "products_searched" else "",
        hash=number,
    )


def arrivals(random: Random) -> list[Arrival]:
    """Give two to four persons' interactions, as two raw partitions take them."""
    made: list[Interaction] = []
    chains = {f"p{n}": chain(random, f"p{n}") for n in range(random.randint(1, 3))}
    chains[LATE] = chain(random, LATE)
    begun: set[str] = set()
    time = START
    for _ in range(random.randint(30, 90)):
        name = random.choice(list(chains))
        person, source = chains[name], LATE if name == LATE else "web"
        if name not in begun:
            begun.add(name)
            for pair in pairwise(person):
                made.append(interaction(time, len(made), pair, kind="page_viewed", source=source))
        time += random.choice([1000, 20_000, MINUTE, 4 * MINUTE, 40 * MINUTE])
        one = person[0] if random.random() < 0.7 else random.choice(person)
        kind = random.choice(list(_TYPES))
        made.append(interaction(time, len(made), (one,), kind=kind, source=source))
    return sorted(
        (Arrival(each.time + _delay(random, each), random.randrange(2), each) for each in made),
        key=lambda arrival: (arrival.at, arrival.interaction.id),
    )


def _delay(random: Random, one: Interaction) -> int:
    if one.source == LATE and len(one.identifiers) == 1 and random.random() < 0.5:
        return SKEW + random.randint(30, 90) * MINUTE
    return random.randrange(SKEW)
