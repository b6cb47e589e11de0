"""A finding: what was looked at, how it stands, and what to do about it."""

from typing import Literal, NamedTuple

Verdict = Literal["good", "attention", "wrong"]


class Finding(NamedTuple):
    """One line of the report. A finding that is not good says what to do."""

    what: str
    verdict: Verdict
    found: str
    cure: str = ""
