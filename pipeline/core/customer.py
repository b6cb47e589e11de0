"""A customer: sessions, journeys, frictions and contributions as a fold of touchpoints in order.

What comes in: the interactions that belong to one customer. What goes out: what each of them touched. `derive` over
the whole set and `append` of one after the other give the same, and `append` says when only `derive` will do.
"""

from collections.abc import Iterable

from pipeline.core.friction import CANDIDATES, friction_of, root_cause
from pipeline.core.journey import UNMOVED, Journeys, bindings, order_of
from pipeline.core.meaning import Meaning
from pipeline.core.message import IN_ORDER, Observed, Ref
from pipeline.core.metric import COUNTED, Metrics
from pipeline.core.session import Sessions
from pipeline.core.step import Step
from pipeline.core.window import Contribution


class Touched:
    """What a change touched: (time, ref) of steps, starts of sessions, (start, id) of journeys, contributions."""

    __slots__ = ("contributions", "journeys", "sessions", "steps")

    def __init__(self) -> None:
        self.steps: set[tuple[int, Ref]] = set()
        self.sessions: set[int] = set()
        self.journeys: set[tuple[int, str]] = set()
        self.contributions: list[Contribution] = []


class Customer:
    """The fold. Mutable; built by `derive` and carried on by `append`."""

    __slots__ = ("_causes", "_last", "_meaning", "_metrics", "journeys", "key", "sessions", "steps")

    def __init__(self, key: str, meaning: Meaning) -> None:
        self.key = key
        self._meaning = meaning
        self.steps: dict[Ref, Step] = {}
        """In order."""
        self.sessions = Sessions(key, meaning)
        self.journeys = Journeys(key, meaning)
        self._metrics = Metrics(meaning)
        self._causes: set[tuple[str, object]] = set()
        self._last: Observed | None = None
        """The interaction that is later than all others."""

    @property
    def contributions(self) -> list[Contribution]:
        """All contributions and withdrawals so far."""
        return self._metrics.log

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
        if not self.journeys.learn(step.things):
            return False
        counted = len(self._metrics.log)
        self._fold(step, touched)
        touched.contributions += self._metrics.log[counted:]
        return True

    def release(self) -> None:
        """Take apart what refers to itself, so that it goes without a garbage collection. Nothing is right any more."""
        for journey in self.journeys.all:
            journey.steps.clear()

    def _fold(self, step: Step, touched: Touched) -> None:
        self._last = observed = step.observed
        self.steps[observed.ref] = step
        touched.steps.add((observed.time, observed.ref))
        self._fold_session(step, touched)
        kind = observed.type
        first = kind == "order_completed" and self._is_first_order(step)
        moved = self.journeys.add(step)
        if moved is not UNMOVED:
            touched.steps.update([s.order for s in moved.steps])
            if moved.retired is not None:
                touched.journeys.add(moved.retired)
        if first:
            self._metrics.order(observed)
            if step.session is not None:
                self._metrics.order_in(step.session)
        elif kind in COUNTED:
            self._metrics.add(observed)
        if kind in CANDIDATES:
            self._fold_friction(step)
        if step.journey is not None:
            touched.journeys.add(step.journey.key)

    def _fold_session(self, step: Step, touched: Touched) -> None:
        for earlier in self.sessions.add(step):
            touched.steps.add(earlier.order)
            self._joined(earlier, touched)
        session = step.session
        if session is None:
            return
        touched.sessions.add(session.started)
        if session.interactions == 1 and session.first is step.observed:
            self._metrics.open_session(session)

    def _joined(self, earlier: Step, touched: Touched) -> None:
        """A passive step turns out to lie in a session that went on."""
        session, journey = earlier.session, earlier.journey
        if session is None:
            return
        session.frictions += bool(earlier.friction)
        if journey is not None:
            journey.sessions.add(session.id)
            touched.journeys.add(journey.key)
            if journey.order is earlier.observed:
                self._metrics.order_in(session)

    def _is_first_order(self, step: Step) -> bool:
        order = order_of(step.things)
        return bool(order) and order not in self.journeys.orders

    def _fold_friction(self, step: Step) -> None:
        kind = friction_of(step.observed, self._meaning)
        if not kind:
            return
        cause = root_cause(kind, step)
        if cause in self._causes:
            return
        self._causes.add(cause)
        step.friction = kind
        if step.session is not None:
            step.session.frictions += 1
        if step.journey is not None:
            step.journey.frictions += 1


def derive(key: str, observed: Iterable[Observed], meaning: Meaning) -> Customer:
    """Fold all interactions of one customer, whatever order they come in."""
    customer = Customer(key, meaning)
    steps = [Step(each, bindings(each)) for each in sorted(observed, key=IN_ORDER)]
    learn, fold = customer.journeys.learn, customer._fold  # noqa: SLF001 - the other half of the same class
    for step in steps:
        if step.things:
            learn(step.things)
    touched = Touched()
    for step in steps:
        fold(step, touched)
    return customer
