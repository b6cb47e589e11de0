"""Why a link has its state, in words that a person understands."""

from collections.abc import Mapping
from typing import Any, Final

_WORDS: Final = {
    "unlinked": "taken back by an identity_unlinked: what showed them together up to then counts no more",
    "no_such_link": "an identity_unlinked names them, but nothing ever showed them together",
    "two_customers": "two customers are never joined, whatever they share",
    "same_strength": "neither is the stronger: two of a kind, or two machines, never link",
    "outranked": "it was also seen with a stronger kind, and that one counts",
    "belongs_to_another": "it already belongs to another, with whom it was seen first",
    "too_many": "it holds too many interactions to be anybody's: nothing is derived from them",
}
_LIMIT_OF_PERSON: Final = "it was seen with more people than it may be shared by: it belongs to nobody"
_LIMIT_OF_MACHINE: Final = "it was seen with more people than a machine of one household: what it did goes to whoever was seen around it"
_SHARED: Final = "several people use this machine: what it did goes to whoever was seen around it"


def words_of(link: Mapping[str, Any], *, shared: bool) -> str:
    """Give the reason for a link's state; `shared` where its machine was seen with several people."""
    reason = str(link["reason"])
    if reason == "limit":
        machine = link["from_identifier"].startswith(("device:", "anonymous:"))
        return _LIMIT_OF_MACHINE if machine else _LIMIT_OF_PERSON
    if link["state"] == "live":
        return _SHARED if shared else "they were seen together"
    return _WORDS.get(reason, reason)
