"""A customer: sessions, journeys, frictions and contributions as a fold of touchpoints in order.

What comes in: the interactions that come to one customer, and those that leave it. What goes out: what each of them touched.
What is later than all before is folded onto the end. Anything else rewinds the fold to where it belongs, and folds on
from there; the steps before it are left alone.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Final

from pipeline.core.belonging import told_by
from pipeline.core.binding import bindings
from pipeline.core.friction import Friction, FrictionKey
from pipeline.core.journey import UNMOVED, Journeys
from pipeline.core.matters import MATTERS, Matters
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed, Ref
from pipeline.core.metric import Metrics, converted, counted_of, is_counted
from pipeline.core.session import Sessions
from pipeline.core.step import Step
from pipeline.core.touched import Before, Touched, changes, touch_frictions
from pipeline.core.window import Contribution, key_at

_ORDER: Final = attrgetter("observed.time", "observed.ref")


class Customer:
    """The fold. Mutable."""

    __slots__ = (
        "_felt",
        "_matters",
        "_meaning",
        "_metrics",
        "_stale",
        "frictions",
        "journeys",
        "key",
        "line",
        "sessions",
        "steps",
    )

    def __init__(self, key: str, meaning: Meaning) -> None:
        self.key = key
        self._meaning = meaning
        self.line: list[Step] = []
        """In order."""
        self.steps: dict[Ref, Step] = {}
        """The same by what they are named."""
        self.sessions = Sessions(key, meaning)
        self.journeys = Journeys(key, meaning)
        self._metrics = Metrics(meaning)
        self.frictions: dict[FrictionKey, Friction] = {}
        """As last concluded."""
        self._felt: dict[FrictionKey, Contribution] = {}
        """What each of them counts."""
        self._matters = Matters(meaning)
        self._stale = False

    @property
    def contributions(self) -> list[Contribution]:
        """All contributions and withdrawals so far."""
        sessions = [each for session in self.sessions.all.values() for each in counted_of(session)]
        return [*self._metrics.log, *sessions, *self._felt.values()]

    def change(self, gone: Collection[Observed], came: Sequence[Observed], touched: Touched) -> None:
        """Take out and fold in interactions; those that came in order."""
        if not self.line or gone or (came and not self._is_last(came[0])):
            self._refold(gone, came, (), touched)
        else:
            for number, observed in enumerate(came):
                if news := self._append(observed, touched):
                    self._refold((), came[number:], news, touched)
                    break
        if self._matters.change() or self._stale:
            self._conclude(touched)

    def release(self) -> None:
        """Take apart what refers to itself, so that it goes without a garbage collection. Nothing is right any more."""
        for journey in self.journeys.all:
            journey.steps.clear()

    def _is_last(self, observed: Observed) -> bool:
        last = self.line[-1].observed
        return observed.time > last.time or (observed.time == last.time and observed.ref > last.ref)

    def _append(self, observed: Observed, touched: Touched) -> Collection[str]:
        """Fold in an interaction later than all others; give the things of which earlier steps must learn first."""
        step = Step(observed, bindings(observed))
        kind, current = observed.type, self.sessions.current
        if (len(step.things) > 1 or kind == "order_completed") and (news := self.journeys.learn(step)):
            return news
        orders = current.orders if current is not None else 0
        self.steps[observed.ref] = step
        self._fold(step, touched)
        touched.steps.add((observed.time, observed.ref))
        session = step.session
        if session is not None:
            touched.sessions.add(session.started)
            if session is not current:
                touched.contributions += counted_of(session)
            elif session.orders > orders == 0:
                touched.contributions.append(converted(session))
        if step.journey is not None:
            touched.journeys.add(step.journey.key)
        counted = len(self._metrics.log)
        self._read(step)
        if len(self._metrics.log) > counted:
            touched.contributions += self._metrics.log[counted:]
        return ()

    def _read(self, step: Step) -> None:
        """Count a step later than all others, and see whether it matters to frictions."""
        observed = step.observed
        if is_counted(observed):
            self._count(step)
        if observed.type in MATTERS or len(observed.things) > 1:
            self._matters.add(step)

    def _fold(self, step: Step, touched: Touched) -> None:
        """Place a step later than all others; `touched` gets what of the earlier ones it changes."""
        self.line.append(step)
        for earlier in self.sessions.add(step):
            self._join(earlier, touched)
        moved = self.journeys.add(step)
        if moved is not UNMOVED:
            self._stale = True
            touched.steps.update([s.order for s in moved.steps])
            if moved.retired is not None:
                touched.journeys.add(moved.retired)
        if step.observed.type == "order_completed" and step.session is not None and step.completes:
            step.session.orders += 1

    def _join(self, earlier: Step, touched: Touched) -> None:
        """A passive step turns out to lie in a session that went on."""
        session, journey = earlier.session, earlier.journey
        touched.steps.add(earlier.order)
        self._stale = True
        if session is not None and journey is not None:
            journey.sessions.add(session.started)
            touched.journeys.add(journey.key)
            session.orders += earlier.completes

    def _count(self, step: Step) -> None:
        if len(step.observed.things) > 1:
            self._metrics.learn(step.observed)
        if step.completes:
            self._metrics.order(step.observed)
        else:
            self._metrics.add(step.observed)

    def _refold(
        self, gone: Collection[Observed], came: Sequence[Observed], news: Collection[str], touched: Touched
    ) -> None:
        """Rewind to before all that changes, and fold on; `news` are things of which steps must learn."""
        out = {observed.ref for observed in gone}
        new = [Step(observed, bindings(observed)) for observed in came]
        changed = [*(self.steps.pop(ref) for ref in out), *new]
        at = bisect_left(self.line, min(map(_ORDER, changed)), key=_ORDER) if self.line else 0
        at = self._settled(at, {*news, *self._learn(changed, out, new)})
        rewound = self.line[at:]
        first = self.line[at - 1].session if at else None
        before = Before(rewound, self.sessions.since(first), self._meaning.journey_idle)
        self._rewind(at)
        folding = [step for step in rewound if step.observed.ref not in out]
        folding = sorted([*folding, *new], key=_ORDER) if new else folding
        for step in folding:
            self._fold(step, touched)
        touched.steps.update([step.order for step in changed])
        self.steps.update([(step.observed.ref, step) for step in new])
        first = self.line[at - 1].session if at else None
        before.compare(folding, self.sessions.since(first), touched)
        self._reread(changed, touched)
        self._stale = self._stale or bool(self.frictions)

    def _learn(self, changed: Sequence[Step], out: Collection[Ref], new: Sequence[Step]) -> set[str]:
        """Learn anew what all steps say about things, if any that came or went says something."""
        if not any(len(step.things) > 1 or step.observed.type == "order_completed" for step in changed):
            return set()
        line = [*(step for step in self.line if step.observed.ref not in out), *new]
        line.sort(key=_ORDER)
        return self.journeys.known.learn_all(line)

    def _settled(self, at: int, news: AbstractSet[str]) -> int:
        """Go back to before the steps with news, and to where nothing waits for what comes later."""
        line, settled = self.line, -1
        if news:
            at = next((n for n in range(at) if line[n].things and told_by(line[n], news)), at)
        while settled != at:
            settled = at
            while at and line[at - 1].observed.passive:
                at -= 1
            if at < len(line) and (waited := self.journeys.waited_for(line[at].order)):
                at = min(at, bisect_left(line, waited, key=_ORDER))
        return at

    def _rewind(self, at: int) -> None:
        rewound = self.line[at:]
        del self.line[at:]
        if rewound:
            self.journeys.rewind(rewound)
        self.sessions.rewind(self.line)  # also where nothing is rewound: what `Before` holds must not change
        for step in rewound:
            step.reset()

    def _reread(self, changed: Sequence[Step], touched: Touched) -> None:
        """Count anew, and see anew what matters to frictions, where any of these is among it."""
        last = self.line[-len(changed) :]
        if changed == last:  # only its place in the line was not its place in the fold
            known = len(self._metrics.log)
            for step in last:
                self._read(step)
            touched.contributions += self._metrics.log[known:]
            return
        these = [step.observed for step in changed]
        if any(is_counted(observed) for observed in these):
            counted, self._metrics = self._metrics.log, Metrics(self._meaning)
            for step in self.line:
                if is_counted(step.observed):
                    self._count(step)
            touched.contributions += changes(counted, self._metrics.log)
        if any(observed.type in MATTERS or len(observed.things) > 1 for observed in these):
            self._matters, self._stale = Matters(self._meaning), True
            for step in self.line:
                if step.observed.type in MATTERS or len(step.observed.things) > 1:
                    self._matters.add(step)

    def _conclude(self, touched: Touched) -> None:
        """Draw the frictions anew."""
        self._stale = False
        old, new = self.frictions, self._matters.frictions()
        if not (old or new):
            return
        self.frictions = {friction.key: friction for friction in new}
        touch_frictions(old, self.frictions, touched)
        for key, friction in old.items():
            if key not in self.frictions:
                self._mark(friction, "", touched)
        for friction in new:
            self._mark(friction, friction.kind, touched)
        self._count_frictions(touched)

    def _count_frictions(self, touched: Touched) -> None:
        """A friction counts above the sessions in its own minute, an absence at its deadline."""
        old, self._felt = self._felt, {}
        for key, friction in self.frictions.items():
            at = key_at("friction_rate", friction.time, self.steps[friction.ref].observed)
            self._felt[key] = Contribution(at, 1, 0, 0)
        if old != self._felt:
            touched.contributions += [felt.taken_back() for _, felt in old.items() - self._felt.items()]
            touched.contributions += [felt for _, felt in self._felt.items() - old.items()]

    def _mark(self, friction: Friction, kind: str, touched: Touched) -> None:
        """Note on the interaction, its session and its journey what it shows; absences are nowhere noted."""
        step = self.steps.get(friction.ref)
        if step is None or friction.absence or step.friction == kind:
            return
        more = bool(kind) - bool(step.friction)
        step.friction = kind
        touched.steps.add(step.order)
        if step.session is not None:
            step.session.frictions += more
            touched.sessions.add(step.session.started)
        if step.journey is not None:
            step.journey.frictions += more
            touched.journeys.add(step.journey.key)


def derive(key: str, observed: Iterable[Observed], meaning: Meaning) -> Customer:
    """Fold all interactions of one customer, whatever order they come in."""
    customer = Customer(key, meaning)
    customer.change((), sorted(observed, key=IN_ORDER), Touched())
    return customer
