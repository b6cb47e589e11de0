"""Rows of the identity table: each link with its evidence and what became of it."""

from pipeline.core.evidence import Evidence, Moment
from pipeline.core.identity import Verdict
from pipeline.core.row import IdentityRow

_NO_MOMENT: Moment = (0, ("", ""))


def identity_row(key: str, to: str, evidence: Evidence, verdict: Verdict | None, version: int) -> IdentityRow:
    """Give the row of the link from `key` to `to`, a tombstone where nothing speaks for it any more."""
    moments: set[Moment] = {*evidence.links.get(to, ()), *evidence.refused.get(to, ())}
    moments |= {moment for (_, moment), (_, person) in evidence.lent.items() if person == to != ""}
    first, last = (min(moments), max(moments)) if moments else (_NO_MOMENT, _NO_MOMENT)
    if verdict is None:
        return IdentityRow(key, to, "", "", 0, 0, 0, "", "", version, 1)
    return IdentityRow(key, to, *verdict, first[0], last[0], len(moments), *first[1], version, 0)
