"""Belonging (domain.md, section 4): which interactions are a customer's.

What comes in: accepted copies and the owners of identifiers. What goes out: customer → its interactions. Nothing is
lost but what an identifier holds that holds too much (decision 8).
"""

from collections import defaultdict
from typing import Final, NamedTuple

from pipeline.core.interaction import MACHINES, PERSONS, THINGS, Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed, Ref, kind_of
from pipeline.core.oracle.erasure import is_better, ref_of
from pipeline.core.oracle.owner import Owners
from pipeline.core.telling import observed_of

_WEAKEST_FIRST: Final = (*reversed(THINGS), *reversed(MACHINES), *reversed(PERSONS))
"""Owners always come later in it."""


class Belonging(NamedTuple):
    """Whose everything is."""

    histories: dict[str, list[Observed]]
    """Customer → its interactions in order of (time, source, id)."""
    holding_too_much: set[str]


def interactions_of(copies: list[Interaction]) -> dict[tuple[str, Ref], Interaction]:
    """Give (anchor, source and id) → the best of its copies."""
    best: dict[tuple[str, Ref], Interaction] = {}
    for copy in copies:
        key = (copy.identifiers[0], ref_of(copy))
        if is_better(copy, best.get(key)):
            best[key] = copy
    return best


def belonging_of(anchored: dict[tuple[str, Ref], Interaction], owners: Owners, meaning: Meaning) -> Belonging:
    """Hand every interaction from its anchor to the anchor's owner, and on, until an identifier owns itself."""
    held: defaultdict[str, list[Observed]] = defaultdict(list)
    for (anchor, _), interaction in anchored.items():
        held[anchor].append(observed_of(interaction, meaning.reads))
    histories: dict[str, list[Observed]] = {}
    too_much: set[str] = set()
    for kind in _WEAKEST_FIRST:
        for identifier in [i for i in held if kind_of(i) == kind]:
            if _is_too_much(held[identifier], meaning):
                too_much.add(identifier)
                continue
            own: dict[Ref, Observed] = {}
            for observed in held[identifier]:
                owner = owners.owner(identifier, observed.time)
                if owner != identifier:
                    held[owner].append(observed)
                    continue
                # Copies with other anchors: only the better one exists for the customer.
                known = own.get(observed.ref)
                if known is None or (observed.time, observed.hash) < (known.time, known.hash):
                    own[observed.ref] = observed
            if own:
                histories[identifier] = sorted(own.values(), key=IN_ORDER)
    return Belonging(histories, too_much)


def _is_too_much(held: list[Observed], meaning: Meaning) -> bool:
    if len(held) <= meaning.actor_limit:
        return False
    newest = max(observed.time for observed in held)
    return sum(o.time >= newest - meaning.actor_horizon for o in held) > meaning.actor_limit
