"""An identifier explained: the links from it and to it, and whose the interactions are that carried it.

What comes in: an identifier as it is stored. What goes out: rows of the views, and the customers that live links lead to.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self

from pipeline.cli.reading import Read, sql_of
from pipeline.cli.who import NobodyError
from pipeline.cli.words import words_of
from pipeline.core.interaction import KINDS

Record = dict[str, Any]


class Explained(NamedTuple):
    """Links and runs of interactions, by column name."""

    identifier: str
    customers: Sequence[str]
    """Where live links end; itself where none leaves it."""
    links: Sequence[Record]
    """All that leave it, and all that leave what live links lead to."""
    linked: Sequence[Record]
    """All that lead to it directly, up to 100."""
    owners: Sequence[Record]
    """Runs of interactions that carried it and have the same customer, in order."""

    @classmethod
    def read(cls, identifier: str, read: Read) -> Self:
        """Explain an identifier. Raises NobodyError where nothing that was accepted carries it."""
        links = read(sql_of("chain"), {"identifiers": [identifier], "kinds": list(KINDS)}).records()
        linked = read(sql_of("below"), {"identifier": identifier}).records()
        owners = read(sql_of("owners"), {"identifier": identifier, "kinds": list(KINDS)}).records()
        if not (links or linked or owners):
            raise NobodyError(
                f"{identifier}: no interaction that was accepted carries it. Check the spelling and the kind"
                " (order:O-7, ticket:T-1, customer:42); cx.rejections has what was refused"
            )
        return cls(identifier, ends(identifier, links), links, linked, owners)

    def hops(self) -> Iterator[tuple[int, Record]]:
        """Give each link with its depth, in the order in which a person follows them."""
        yield from _walk(self.identifier, self.links, 0, set())

    def document(self) -> Record:
        """Give all of it for programs; every link has its reason in words."""
        shared = sharing(self.links)
        told = [
            link | {"words": words_of(link, shared=link["from_identifier"] in shared)} for link in self.links
        ]
        return self._asdict() | {
            "links": told,
            "linked": [link | {"words": words_of(link, shared=False)} for link in self.linked],
        }


def ends(identifier: str, links: Iterable[Record]) -> list[str]:
    """Give where live links from an identifier end; itself where none leaves it."""
    live: dict[str, list[str]] = {}
    for link in links:
        if link["state"] == "live":
            live.setdefault(link["from_identifier"], []).append(link["to_identifier"])
    found, waiting, seen = dict[str, None](), [identifier], set[str]()
    while waiting:
        here = waiting.pop(0)
        if here in seen:
            continue
        seen.add(here)
        if here in live:
            waiting += live[here]
        else:
            found[here] = None
    return sorted(found)


def sharing(links: Iterable[Record]) -> set[str]:
    """Give the machines that were seen with more than one person."""
    people: dict[str, int] = {}
    for link in links:
        machine = link["from_identifier"].startswith(("device:", "anonymous:"))
        if machine and (link["state"] == "live" or link["reason"] == "limit"):
            people[link["from_identifier"]] = people.get(link["from_identifier"], 0) + 1
    return {machine for machine, count in people.items() if count > 1}


def _walk(
    identifier: str, links: Sequence[Record], depth: int, seen: set[str]
) -> Iterator[tuple[int, Record]]:
    if identifier in seen:
        return
    seen.add(identifier)
    here = [link for link in links if link["from_identifier"] == identifier]
    for link in sorted(here, key=lambda link: _ORDER.get(link["state"], len(_ORDER))):
        yield depth, link
        if link["state"] == "live":
            yield from _walk(link["to_identifier"], links, depth + 1, seen)


_ORDER = {"live": 0, "removed": 1, "refused": 2}
