"""An actor: one identifier, the links that leave it, and the interactions that reached it.

What comes in: messages, in the order of its partition. What goes out, when it settles: where each interaction now
belongs, as words to other actors; and what this touched in its own sessions, journeys and windows.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any, Final

from pipeline.core.customer import Customer
from pipeline.core.evidence import Evidence, Moment
from pipeline.core.flow import flow_of
from pipeline.core.heard import Heard
from pipeline.core.identity import Verdict, owner, person_of_thing, verdicts
from pipeline.core.meaning import Meaning
from pipeline.core.message import (
    IN_ORDER,
    MACHINE_KINDS,
    PERSON_KINDS,
    THING_KINDS,
    ActorMessage,
    Belongs,
    Lend,
    Link,
    Observe,
    Observed,
    Ref,
    Unlink,
    kind_of,
)
from pipeline.core.outbox import Outbox
from pipeline.core.revision import BETTER_COPY, IN_TIME, LATE, LIMIT, LINKED, UNLINKED, Cause

_NO_EVIDENCE: Final = Evidence()
"""Shared by all actors that nothing links anywhere; never written to."""
_NO_CAUSES: Final[dict[Ref, Cause]] = {}
"""Shared by all actors that no word told a cause; never written to."""


class Actor:
    """The state of one identifier: a fold of its ledger. `apply` hears, `settle` draws the conclusions."""

    __slots__ = (
        "_all",
        "_causes",
        "_changed",
        "_lent",
        "_links",
        "_meaning",
        "_moved_by",
        "customer",
        "evidence",
        "full",
        "heard",
        "key",
        "kind",
    )

    def __init__(self, key: str, meaning: Meaning) -> None:
        self.key = key
        self.kind = kind_of(key)
        self._meaning = meaning
        self.evidence = _NO_EVIDENCE
        self.heard: dict[Ref, Heard] = {}
        self.customer: Customer | None = None
        """What is here as a customer; None while nothing is."""
        self.full = False
        """Whether it holds too many interactions: it keeps them, and derives nothing (docs/decisions/0008)."""
        self._changed: dict[Ref, Observed | None] = {}
        """Interactions heard of since the last settling → the best copy before."""
        self._links: set[str] = set()
        """Stronger identifiers whose links were touched since."""
        self._all = False
        """Whether every interaction must be placed anew."""
        self._causes = _NO_CAUSES
        """Causes that words told since."""
        self._moved_by = IN_TIME
        """The reason for which what it had heard before moves, if evidence came since."""
        self._lent: dict[tuple[str, Moment], str] = {}
        """For a thing: (machine, moment) → the person lent, as last settled."""

    def apply(self, message: ActorMessage) -> bool:
        """Hear a message; True if it told something new."""
        return _HEAR[type(message)](self, message)

    def _observe(self, message: Observe) -> bool:
        observed = message.observed
        heard = self.heard.get(observed.ref)
        if heard is None:
            heard = self.heard[observed.ref] = Heard()
        before = heard.copy
        if not heard.add_copy(observed):
            return False
        self._changed.setdefault(observed.ref, before)
        return True

    def _belongs(self, word: Belongs) -> bool:
        ref = word.observed.ref
        heard = self.heard.get(ref)
        if heard is None:
            heard = self.heard[ref] = Heard()
        if not heard.add_word(word):
            return False
        self._changed.setdefault(ref, heard.copy)
        if word.reason:
            self._causes = self._causes or {}
            self._causes[ref] = Cause(word.reason, word.heard_at)
        return True

    def _link(self, link: Link) -> bool:
        evidence = self._own_evidence()
        fresh = not link.refused and link.to not in evidence.links
        if not evidence.add_link(link):
            return False
        self._moved_by = self._moved_by or LINKED
        if link.to:
            self._links.add(link.to)
        if fresh or evidence.cuts or len(evidence.links) > 1 or self.kind not in PERSON_KINDS:
            self._all = True
        return True

    def _unlink(self, unlink: Unlink) -> bool:
        if not self._own_evidence().add_unlink(unlink):
            return False
        self._moved_by = max(self._moved_by, UNLINKED)
        self._links.add(unlink.to)
        self._all = True
        return True

    def _lend(self, lend: Lend) -> bool:
        evidence = self._own_evidence()
        known = evidence.lent.get((lend.sender, (lend.time, lend.ref)))
        if not evidence.add_lent(lend):
            return False
        self._moved_by = max(self._moved_by, lend.reason or (LINKED if lend.person else UNLINKED))
        self._links |= {lend.person, known[1] if known else ""} - {""}
        self._all = True
        return True

    def _own_evidence(self) -> Evidence:
        """Give the evidence to add to."""
        if self.evidence is _NO_EVIDENCE:
            self.evidence = Evidence()
        return self.evidence

    def settle(self, position: int, outbox: Outbox) -> None:
        """Draw the conclusions of all that was heard since the last time."""
        turned = (len(self.heard) > self._meaning.actor_limit or self.full) and self._turns(outbox)
        gone, came = self._place(position, outbox)
        if turned:
            gone, came = self._turned()
        if turned or (not self.full and (gone or came)):
            self._refold(gone, came, position, outbox)
            if outbox.unexplained:
                self._explain([observed.ref for observed in (*gone, *came)], came, outbox, turned=turned)
        self._count_flows(position, outbox)
        if self.kind in THING_KINDS:
            self._settle_lent(position, outbox)
        if self._links or self._all:
            self._settle_links(outbox)

    def _explain(self, refs: list[Ref], came: list[Observed], outbox: Outbox, *, turned: bool) -> None:
        """Tell why published windows change: of several causes the greatest."""
        cause = Cause(LIMIT) if turned else max(self._cause(ref, outbox) for ref in refs)
        outbox.explain(cause, min((observed.time for observed in came), default=None))

    def _cause(self, ref: Ref, outbox: Outbox) -> Cause:
        """Give why an interaction came, changed or moved."""
        if ref not in self._changed:
            if self._moved_by:
                return Cause(self._moved_by, outbox.heard_at)
            return max((self._cause(each, outbox) for each in self._changed), default=Cause())
        if ref in self._causes:
            return self._causes[ref]
        before, copy = self._changed[ref], self.heard[ref].copy
        if copy is None or copy is before:
            return Cause()  # a word, or a copy that is no better: neither is late by itself
        if before is not None:
            return Cause(BETTER_COPY, outbox.heard_at)
        return Cause(LATE, outbox.heard_at) if copy.time < outbox.watermark else Cause()

    def _place(self, position: int, outbox: Outbox) -> tuple[list[Observed], list[Observed]]:
        """Say where each interaction belongs now; give those that are not here any more, and those that are now."""
        gone, came = list[Observed](), list[Observed]()
        key, evidence, seen_at = self.key, self.evidence, self._seen_at()
        stays = self.full or not (
            evidence.links or evidence.sightings
        )  # the common case: nothing leaves a customer
        for ref in self._to_place():
            heard = self.heard[ref]
            observed, before, was = heard.best(), heard.observed, heard.to
            if observed is None:
                to = ""
            else:
                to = key if stays else owner(key, evidence, seen_at, observed.time, self._meaning)
            if to == was and (observed is before or observed == before):
                continue
            heard.to, heard.observed = to, observed
            if was == key and before is not None:
                gone.append(before)
            elif before is not None and was != to:
                cause = self._cause(ref, outbox)
                outbox.word(Belongs(was, key, position, False, before, *cause))  # noqa: FBT003 - keywords cost
            if observed is None:
                continue
            if to == key:
                came.append(observed)
            else:
                cause = self._cause(ref, outbox)
                outbox.word(Belongs(to, key, position, True, observed, *cause))  # noqa: FBT003 - keywords cost
        return gone, came

    def _turns(self, outbox: Outbox) -> bool:
        """See whether it begins or ceases to hold too much to be anybody: a bot, a till's default customer."""
        times = sorted(best.time for heard in self.heard.values() if (best := heard.best()) is not None)
        since = times[-1] - self._meaning.actor_horizon if times else 0
        full = len(times) - bisect_left(times, since) > self._meaning.actor_limit
        if full == self.full:
            return False
        self.full, self._all, self._moved_by = full, True, LIMIT
        outbox.link(self.key, "")
        return True

    def verdicts(self) -> dict[str, Verdict]:
        """Give what became of each link that leaves it; a link to nobody says that it holds too much."""
        told = verdicts(self.key, self.evidence, self._meaning)
        return told | {"": Verdict("refused", "too_many")} if self.full else told

    def _to_place(self) -> list[Ref]:
        """Give the interactions whose place may have changed."""
        persons = self.evidence.persons
        shared = self.kind in MACHINE_KINDS and len(persons) > 1
        if not (self._all or (shared and self._changed)):
            return list(self._changed)
        if (
            self.kind in MACHINE_KINDS
            and len(persons) == 1
            and not (self.evidence.cuts or self.evidence.lent or self.full)
        ):
            # One person only ever gains: what it has, it keeps.
            (person,) = persons
            return [ref for ref, heard in self.heard.items() if heard.to != person or ref in self._changed]
        return list(self.heard)

    def _seen_at(self) -> list[int]:
        """Give the sorted times at which a shared machine was seen, passive interactions aside."""
        evidence = self.evidence
        if self.kind not in MACHINE_KINDS or len(evidence.persons) < 2:  # noqa: PLR2004 - shared is two
            return []
        times = set(evidence.seen_at)
        for heard in self.heard.values():
            if heard.copy is not None and not heard.copy.passive:
                times.update(heard.times())
        return sorted(times)

    def _turned(self) -> tuple[list[Observed], list[Observed]]:
        """Give what leaves it as a customer, and what comes, now that it is full or no longer."""
        if self.full:
            return ([step.observed for step in self.customer.line] if self.customer else [], [])
        return [], [h.observed for h in self.heard.values() if h.to == self.key and h.observed is not None]

    def _refold(self, gone: list[Observed], came: list[Observed], position: int, outbox: Outbox) -> None:
        touched = outbox.touched(self.key)
        counted = len(touched.contributions)
        came.sort(key=IN_ORDER)
        if self.customer is None:
            self.customer = Customer(self.key, self._meaning)
        self.customer.change(gone, came, touched)
        for contribution in touched.contributions[counted:]:
            outbox.count(contribution, position)
        touched.contributions.clear()

    def _count_flows(self, position: int, outbox: Outbox) -> None:
        """Count what interactions contribute by themselves, here at their anchor."""
        flows = self._meaning.flows
        for ref, before in self._changed.items():
            copy = self.heard[ref].copy
            if copy is before:
                continue
            if before is not None and before.type in flows:
                for old in flow_of(before, flows[before.type]):
                    outbox.count(old.taken_back(), position)
            if copy is not None and copy.type in flows:
                for new in flow_of(copy, flows[copy.type]):
                    outbox.count(new, position)
            if outbox.unexplained:
                outbox.explain(self._cause(ref, outbox), None)
        self._changed.clear()
        if self._causes:
            self._causes = _NO_CAUSES

    def _settle_lent(self, position: int, outbox: Outbox) -> None:
        """Tell the machines whose this thing was when it was seen with them."""
        evidence = self.evidence
        for moment, seen in evidence.machines.items():
            person = person_of_thing(evidence, moment[0])
            for machine in seen:
                lent = "" if moment[0] <= evidence.cut(machine) else person
                if self._lent.get((machine, moment), "") != lent:
                    self._lent[machine, moment] = lent
                    outbox.word(Lend(machine, self.key, position, *moment, lent, self._moved_by))

    def _settle_links(self, outbox: Outbox) -> None:
        if self._all:
            evidence = self.evidence
            self._links.update(evidence.links, evidence.persons)
        for to in self._links:
            outbox.link(self.key, to)
        self._links.clear()
        self._all, self._moved_by = False, IN_TIME


_HEAR: Final[Mapping[type, Callable[[Actor, Any], bool]]] = {
    Observe: Actor._observe,  # noqa: SLF001 - of the class above
    Link: Actor._link,  # noqa: SLF001
    Belongs: Actor._belongs,  # noqa: SLF001
    Unlink: Actor._unlink,  # noqa: SLF001
    Lend: Actor._lend,  # noqa: SLF001
}
