"""The rows of `identity` (domain.md, section 4): each link that was ever named, with its state and evidence.

What comes in: owners and their links. What goes out: one row per (weaker, stronger).
"""

from collections import defaultdict
from collections.abc import Iterable

from pipeline.core.interaction import PERSONS, THINGS
from pipeline.core.message import kind_of
from pipeline.core.oracle.links import Link
from pipeline.core.oracle.owner import THING_OWNERS, Owners, of_strongest_kind
from pipeline.core.row import IdentityRow


def identity_rows(owners: Owners, holding_too_much: Iterable[str]) -> set[IdentityRow]:
    """Give a row per link, per unlink without evidence, and per identifier that holds too much."""
    links, rows = owners.links, set()
    for weaker, made in links.of.items():
        by_pair: defaultdict[str, list[Link]] = defaultdict(list)
        for link in sorted(made):
            by_pair[link.to].append(link)
        for stronger, evidence in by_pair.items():
            rows.add(_row(owners, weaker, stronger, evidence))
    for weaker, stronger in links.unlinked:
        if stronger not in {link.to for link in links.of.get(weaker, ())}:
            rows.add(_without_evidence(weaker, stronger, "removed", "no_such_link"))
    rows.update(_without_evidence(one, "", "refused", "too_many") for one in holding_too_much)
    return rows


def _without_evidence(weaker: str, stronger: str, state: str, reason: str) -> IdentityRow:
    return IdentityRow(weaker, stronger, state, reason, 0, 0, 0, "", "", 0, 0)


def _row(owners: Owners, weaker: str, stronger: str, evidence: list[Link]) -> IdentityRow:
    moments = sorted({(link.time, link.ref) for link in evidence})
    first_seen, (source, identifier) = moments[0]
    last_seen = moments[-1][0]
    live = [link for link in evidence if not owners.links.is_void(weaker, link)]
    if not live:
        state, reason = "removed", "unlinked"
    else:
        reason = live[0].refused or _refusal(owners, weaker, stronger)
        state = "refused" if reason else "live"
    return IdentityRow(
        weaker, stronger, state, reason, first_seen, last_seen, len(moments), source, identifier, 0, 0
    )


def _refusal(owners: Owners, weaker: str, stronger: str) -> str:
    """Give why a live link does not count; "" if it does."""
    kind = kind_of(weaker)
    if kind in THINGS:
        owner = owners.owner_of_thing(weaker, None)
        if stronger == owner:
            return ""
        is_later = THING_OWNERS.index(kind_of(stronger)) > THING_OWNERS.index(kind_of(owner))
        return "outranked" if is_later else "belongs_to_another"
    if owners.is_over_limit(weaker):
        return "limit"
    if kind in PERSONS and kind_of(stronger) != kind_of(of_strongest_kind(owners.live(weaker))[0].to):
        return "outranked"
    return ""
