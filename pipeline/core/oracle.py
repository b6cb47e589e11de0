"""The oracle: the batch answer. The core in one plain loop over a set of interactions, without logs or actors' state.

What comes in: accepted interactions, in any order, copies included. What goes out: the rows that every table of
derived data must show. `verify`, the demo and the tests compare with it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.core.customer import derive
from pipeline.core.derived import journey_row, session_row, totals, touchpoint_row
from pipeline.core.evidence import Evidence
from pipeline.core.identity import owner, person_of_thing
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import (
    THING_KINDS,
    Lend,
    Link,
    Observe,
    Observed,
    Ref,
    Unlink,
    kind_of,
    messages_of,
)
from pipeline.core.metric import flow_of
from pipeline.core.row import JourneyRow, SessionRow, TouchpointRow
from pipeline.core.window import Contribution, Key


class Answer(NamedTuple):
    """What the tables must show: rows with version 0, and windows that are not all zero."""

    touchpoints: set[TouchpointRow]
    sessions: set[SessionRow]
    journeys: set[JourneyRow]
    windows: dict[Key, tuple[int, int, int, tuple[tuple[int, int], ...]]]


class _World:
    """All that anybody ever said, by identifier."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self.anchored: dict[tuple[str, Ref], Observed] = {}
        """(anchor, interaction) → its best copy."""
        self.evidence: defaultdict[str, Evidence] = defaultdict(Evidence)
        seen_at: defaultdict[str, set[int]] = defaultdict(set)
        for interaction in interactions:
            for message in messages_of(interaction):
                self._hear(message, seen_at)
        self.seen_at = defaultdict(list, {key: sorted(times) for key, times in seen_at.items()})
        self._lend()

    def _hear(self, message: object, seen_at: defaultdict[str, set[int]]) -> None:
        match message:
            case Observe(actor, observed):
                known = self.anchored.get((actor, observed.ref))
                if known is None or (observed.time, observed.hash) < (known.time, known.hash):
                    self.anchored[actor, observed.ref] = observed
                if not observed.passive:
                    seen_at[actor].add(observed.time)
            case Link():
                self.evidence[message.actor].add_link(message)
                if not message.passive:
                    seen_at[message.actor].add(message.time)
            case Unlink():
                self.evidence[message.actor].add_unlink(message)
            case _:
                pass

    def _lend(self) -> None:
        for thing, evidence in list(self.evidence.items()):
            person = person_of_thing(evidence, None) if kind_of(thing) in THING_KINDS else ""
            if not person:
                continue
            for (time, ref), machines in evidence.machines.items():
                for machine in machines:
                    self.evidence[machine].add_lent(Lend(machine, thing, 1, time, ref, person))


def answer(interactions: Iterable[Interaction], meaning: Meaning) -> Answer:
    """Give the batch answer over a set of accepted interactions."""
    world = _World(interactions)
    belonging: defaultdict[str, dict[Ref, Observed]] = defaultdict(dict)
    contributions: list[Contribution] = []
    for (anchor, ref), observed in world.anchored.items():
        flow = flow_of(observed)
        if flow is not None:
            contributions.append(flow)
        customer = _resolve(world, anchor, observed.time, meaning)
        known = belonging[customer].get(ref)
        if known is None or (observed.time, observed.hash) < (known.time, known.hash):
            belonging[customer][ref] = observed
    touchpoints: set[TouchpointRow] = set()
    sessions: set[SessionRow] = set()
    journeys: set[JourneyRow] = set()
    for key, observed_by_ref in belonging.items():
        whole = derive(key, observed_by_ref.values(), meaning)
        touchpoints.update(touchpoint_row(key, step, 0) for step in whole.steps.values())
        sessions.update(session_row(key, session, 0) for session in whole.sessions.all.values())
        journeys.update(journey_row(key, journey, 0, meaning) for journey in whole.journeys.all)
        contributions += whole.contributions
    windows = {key: total.values() for key, total in totals(contributions).items()}
    return Answer(touchpoints, sessions, journeys, {k: v for k, v in windows.items() if v != (0, 0, 0, ())})


def _resolve(world: _World, identifier: str, at: int, meaning: Meaning) -> str:
    """Follow the links to their end."""
    while True:
        evidence = world.evidence.get(identifier)
        if evidence is None:
            return identifier
        to = owner(identifier, evidence, world.seen_at[identifier], at, meaning)
        if to == identifier:
            return identifier
        identifier = to
