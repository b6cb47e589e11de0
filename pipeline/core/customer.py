"""A customer: sessions, journeys, frictions and contributions as a fold of touchpoints in order.

What comes in: the interactions that belong to one customer. What goes out: what each of them touched. `derive` over
the whole set and `append` of one after the other give the same, and `append` says when only `derive` will do.
"""

from collections.abc import Iterable, Mapping

from pipeline.core.binding import bindings, order_of
from pipeline.core.friction import MATTERS, Friction, FrictionKey, Matters, frictions
from pipeline.core.journey import UNMOVED, Journeys
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed, Ref
from pipeline.core.metric import Metrics, is_counted
from pipeline.core.session import Sessions
from pipeline.core.step import Step
from pipeline.core.window import Contribution, key_at


class Touched:
    """What a change touched: keys of steps, sessions, journeys and frictions; contributions."""

    __slots__ = ("contributions", "crossings", "frictions", "journeys", "sessions", "steps")

    def __init__(self) -> None:
        self.steps: set[tuple[int, Ref]] = set()
        self.sessions: set[int] = set()
        self.journeys: set[tuple[int, str]] = set()
        self.frictions: set[FrictionKey] = set()
        self.crossings: set[FrictionKey] = set()
        """Frictions that crossed the threshold, before or after."""
        self.contributions: list[Contribution] = []


class Customer:
    """The fold. Mutable; built by `derive` and carried on by `append`."""

    __slots__ = (
        "_felt",
        "_last",
        "_matters",
        "_meaning",
        "_metrics",
        "_stale",
        "frictions",
        "journeys",
        "key",
        "sessions",
        "steps",
    )

    def __init__(self, key: str, meaning: Meaning) -> None:
        self.key = key
        self._meaning = meaning
        self.steps: dict[Ref, Step] = {}
        """In order."""
        self.sessions = Sessions(key, meaning)
        self.journeys = Journeys(key, meaning)
        self._metrics = Metrics(meaning)
        self.frictions: dict[FrictionKey, Friction] = {}
        """As last concluded."""
        self._felt: dict[FrictionKey, Contribution] = {}
        """What each of them counts."""
        self._matters = Matters()
        self._stale = False
        self._last: Observed | None = None
        """The interaction that is later than all others."""

    @property
    def contributions(self) -> list[Contribution]:
        """All contributions and withdrawals so far."""
        return [*self._metrics.log, *self._felt.values()]

    def append(self, observed: Observed, touched: Touched) -> bool:
        """Fold in an interaction; False, and nothing is right any more, if only a new `derive` will do."""
        last = self._last
        if (
            last is not None
            and observed.time <= last.time
            and (observed.time, observed.ref) <= (last.time, last.ref)
        ):
            return False
        step = Step(observed, bindings(observed))
        if not self.journeys.learn(step):
            return False
        counted = len(self._metrics.log)
        self._fold(step, touched)
        touched.steps.add((observed.time, observed.ref))
        if step.session is not None:
            touched.sessions.add(step.session.started)
        if step.journey is not None:
            touched.journeys.add(step.journey.key)
        touched.contributions += self._metrics.log[counted:]
        return True

    def release(self) -> None:
        """Take apart what refers to itself, so that it goes without a garbage collection. Nothing is right any more."""
        for journey in self.journeys.all:
            journey.steps.clear()

    def _fold(self, step: Step, touched: Touched) -> None:
        """Place the step; `touched` gets what of the earlier ones it changes."""
        self._last = observed = step.observed
        self.steps[observed.ref] = step
        self._fold_session(step, touched)
        kind = observed.type
        first = kind == "order_completed" and self._is_first_order(step)
        moved = self.journeys.add(step)
        if moved is not UNMOVED:
            self._stale = True
            touched.steps.update([s.order for s in moved.steps])
            if moved.retired is not None:
                touched.journeys.add(moved.retired)
        if is_counted(observed):
            self._count(step, is_order=first)
        if kind in MATTERS and self._matters.add(step, self._meaning):
            self._stale = True
        if len(observed.things) > 1 and self._matters.learn(observed):
            self._stale = True

    def _count(self, step: Step, *, is_order: bool) -> None:
        observed = step.observed
        if len(observed.things) > 1:
            self._metrics.learn(observed)
        if not is_order:
            self._metrics.add(observed)
            return
        self._metrics.order(observed)
        if step.session is not None:
            self._metrics.order_in(step.session)

    def _fold_session(self, step: Step, touched: Touched) -> None:
        for earlier in self.sessions.add(step):
            touched.steps.add(earlier.order)
            self._joined(earlier, touched)
        session = step.session
        if session is not None and session.interactions == 1 and session.first is step.observed:
            self._metrics.open_session(session)

    def _joined(self, earlier: Step, touched: Touched) -> None:
        """A passive step turns out to lie in a session that went on."""
        session, journey = earlier.session, earlier.journey
        if session is None:
            return
        self._stale = True
        session.frictions += bool(earlier.friction)
        if journey is not None:
            journey.sessions.add(session.id)
            touched.journeys.add(journey.key)
            if journey.order is earlier.observed:
                self._metrics.order_in(session)

    def _is_first_order(self, step: Step) -> bool:
        order = order_of(step.things)
        return bool(order) and order not in self.journeys.orders

    def conclude(self, touched: Touched) -> None:
        """Draw the frictions anew if anything that matters to them came since the last time."""
        if not self._stale:
            return
        self._stale = False
        old, new = self.frictions, frictions(self._matters, self.journeys.completed, self._meaning)
        self.frictions = {friction.key: friction for friction in new}
        touch_frictions(old, self.frictions, touched)
        for key, friction in old.items():
            if key not in self.frictions:
                self._mark(friction, "", touched)
                touched.contributions.append(self._felt.pop(key).taken_back())
        for key, friction in self.frictions.items():
            if key not in old:
                self._mark(friction, friction.kind, touched)
                touched.contributions.append(self._feel(friction))

    def _feel(self, friction: Friction) -> Contribution:
        """A friction counts above the sessions in its own minute, an absence at its deadline."""
        key = key_at("friction_rate", friction.time, self.steps[friction.ref].observed)
        felt = self._felt[friction.key] = Contribution(key, 1, 0, 0)
        return felt

    def _mark(self, friction: Friction, kind: str, touched: Touched) -> None:
        """Note on the interaction, its session and its journey what it shows; absences are nowhere noted."""
        step = self.steps[friction.ref]
        if friction.absence or step.friction == kind:
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


def touch_frictions(
    old: Mapping[FrictionKey, Friction], new: Mapping[FrictionKey, Friction], touched: Touched
) -> None:
    """Note in which frictions two folds of one customer differ, and which of these crossed the threshold."""
    for key, friction in old.items() ^ new.items():
        touched.frictions.add(key)
        if friction.crossed:
            touched.crossings.add(key)


def derive(key: str, observed: Iterable[Observed], meaning: Meaning) -> Customer:
    """Fold all interactions of one customer, whatever order they come in."""
    customer = Customer(key, meaning)
    steps = [Step(each, bindings(each)) for each in sorted(observed, key=IN_ORDER)]
    fold = customer._fold  # noqa: SLF001 - the other half of the same class
    customer.journeys.learn_all(steps)
    touched = Touched()
    for step in steps:
        fold(step, touched)
    customer.conclude(touched)
    return customer
