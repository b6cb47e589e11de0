"""A step, and the session and journey that hold it: the mutable values that the fold builds."""

from hashlib import blake2b
from typing import Final

from pipeline.core.message import Observed, Ref

STAGES: Final = (
    "discover",
    "consider",
    "intend",
    "checkout",
    "purchased",
    "delivered",
    "served",
    "returned",
)
"""How far a journey has come; the furthest counts."""

PURCHASED: Final = STAGES.index("purchased")


def short_id(*parts: object) -> str:
    """Give 16 hex digits that stand for the parts."""
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=8).hexdigest()


class Session:
    """A burst of interactions. Times in ms."""

    __slots__ = (
        "campaign",
        "channels",
        "ended",
        "first",
        "frictions",
        "id",
        "interactions",
        "orders",
        "started",
    )

    def __init__(self, session_id: str, first: Observed) -> None:
        self.id = session_id
        self.first = first
        """The interaction that opened it; its minute, channel and source are the session's."""
        self.started = first.time
        self.ended = first.time
        self.interactions = 0
        self.channels: tuple[str, ...] = ()
        self.campaign = ""
        """The last one."""
        self.orders = 0
        self.frictions = 0


class Step:
    """One interaction as part of a customer; a step proper where it has a journey."""

    __slots__ = (
        "channel_changed",
        "contact",
        "friction",
        "gap",
        "journey",
        "number",
        "observed",
        "session",
        "stage",
        "things",
        "why",
    )

    def __init__(self, observed: Observed, things: tuple[str, ...]) -> None:
        self.observed = observed
        self.things = things
        """By which it can join a journey, strongest first."""
        self.session: Session | None = None
        self.journey: Journey | None = None
        self.number = 0
        self.stage = 0
        self.gap: int | None = None
        """ms since the previous step of the journey."""
        self.channel_changed = False
        self.contact = False
        """Whether a contact starts here."""
        self.friction = ""
        self.why = ""

    @property
    def order(self) -> tuple[int, Ref]:
        """What steps are ordered by."""
        return (self.observed.time, self.observed.ref)


class Journey:
    """One purchase intent. Times in ms; money in minor units."""

    __slots__ = (
        "cancelled",
        "channels",
        "contacts",
        "first_touch",
        "frictions",
        "id",
        "idle_at",
        "kept_until",
        "last_touch",
        "order",
        "order_id",
        "refunded",
        "sessions",
        "stage",
        "steps",
    )

    def __init__(self) -> None:
        self.id = ""
        self.steps: list[Step] = []
        self.idle_at = 0
        """Time of the last non-passive step."""
        self.kept_until = 0
        """After the purchase: until when it is kept open."""
        self.order: Observed | None = None
        self.order_id = ""
        self.cancelled = False
        self.refunded = 0
        self.reset()

    def reset(self) -> None:
        """Forget what `add` gathered from the steps."""
        self.steps = []
        self.stage = 0
        self.channels: tuple[str, ...] = ()
        self.sessions: set[str] = set()
        self.frictions = 0
        self.contacts = 0
        self.first_touch = ""
        self.last_touch = ""

    @property
    def started(self) -> int:
        """Time of its first step."""
        return self.steps[0].observed.time

    @property
    def key(self) -> tuple[int, str]:
        """(start, id): what names its row within the customer."""
        return (self.steps[0].observed.time, self.id)

    @property
    def outcome(self) -> str:
        """What the log says; whether it was abandoned is for the watermark to say."""
        if self.order is None:
            return "open"
        if self.cancelled:
            return "cancelled"
        total = self.order.facts.get("total")
        if self.refunded and isinstance(total, int) and self.refunded >= total:
            return "refunded"
        return "purchased"

    def undo(self, observed: Observed) -> None:
        """See whether the interaction cancels or refunds the order."""
        if self.order_id not in observed.things:
            return
        self.cancelled |= observed.type == "order_cancelled"
        total = observed.facts.get("total")
        if observed.type == "order_refunded" and isinstance(total, int):
            self.refunded += total

    def add(self, step: Step, stage: int) -> None:
        """Append a step, later than all others."""
        observed = step.observed
        last = self.steps[-1].observed if self.steps else None
        self.stage = max(self.stage, stage)
        step.journey = self
        step.number = len(self.steps) + 1
        step.stage = self.stage
        step.gap = None if last is None else observed.time - last.time
        step.channel_changed = last is not None and last.channel != observed.channel
        self.steps.append(step)
        self.contacts += step.contact
        if observed.channel != "system" and observed.channel not in self.channels:
            self.channels = (*self.channels, observed.channel)
        campaign = observed.campaign
        if campaign and (
            self.order is None or (observed.time, observed.ref) <= (self.order.time, self.order.ref)
        ):
            self.last_touch = campaign
            self.first_touch = self.first_touch or self.last_touch
