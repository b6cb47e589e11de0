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

    def add(self, step: "Step") -> None:
        """Take in a step; active ones in order."""
        observed = step.observed
        step.session = self
        if step.friction:
            self.frictions += 1
        if observed.passive:
            return
        self.ended = observed.time
        self.interactions += 1
        if observed.channel not in self.channels:
            self.channels = (*self.channels, observed.channel)
        if campaign := observed.campaign:
            self.campaign = campaign

    def shown(self) -> tuple[object, ...]:
        """Give what its row shows."""
        return (
            self.started,
            self.id,
            self.ended,
            self.interactions,
            self.channels,
            self.first.channel,
            self.first.ref[0],
            self.orders,
            self.frictions,
        )


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
        self.friction = ""
        """As last concluded."""
        self.session: Session | None = None
        self.journey: Journey | None = None
        self.number = 0
        self.stage = 0
        self.gap: int | None = None
        """ms since the previous step of the journey."""
        self.channel_changed = False
        self.contact = False
        """Whether a contact starts here."""
        self.why = ""

    def reset(self) -> None:
        """Forget where it was placed."""
        self.session = self.journey = self.gap = None
        self.number = self.stage = 0
        self.channel_changed = self.contact = False
        self.why = ""

    @property
    def order(self) -> tuple[int, Ref]:
        """What steps are ordered by."""
        return (self.observed.time, self.observed.ref)

    @property
    def completes(self) -> bool:
        """Whether it is the order of its journey."""
        return self.journey is not None and self.journey.order is self.observed

    def shown(self) -> tuple[object, ...]:
        """Give what its row shows beside the interaction."""
        session, journey, gap = self.session, self.journey, self.gap
        return (
            session.id if session is not None else "",
            journey.key[1] if journey is not None else "",
            self.number,
            STAGES[self.stage] if journey is not None else "",
            None if gap is None else gap / 1000,
            self.channel_changed,
            self.friction,
            self.why,
        )


class Journey:
    """One purchase intent. Times in ms; money in minor units."""

    __slots__ = (
        "cancelled",
        "channels",
        "contacts",
        "first_touch",
        "frictions",
        "idle_at",
        "joined",
        "kept_until",
        "key",
        "last_touch",
        "order",
        "order_id",
        "refunded",
        "sessions",
        "stage",
        "steps",
    )

    def __init__(self) -> None:
        self.key = (0, "")
        """(start, id): what names its row within the customer."""
        self.idle_at = 0
        """Time of the last active step before the order."""
        self.reopen()
        self.reset()

    def reopen(self) -> None:
        """Forget the order."""
        self.order: Observed | None = None
        self.order_id = ""
        self.kept_until = 0
        """After the purchase: until when it is kept open."""
        self.joined: Step | None = None
        """The first of the steps that waited for the order."""

    def reset(self) -> None:
        """Forget what was gathered from the steps."""
        self.steps: list[Step] = []
        self.stage = 0
        self.channels: tuple[str, ...] = ()
        self.sessions: set[int] = set()
        """Starts of the sessions in which it has a step."""
        self.frictions = 0
        self.contacts = 0
        self.first_touch = ""
        self.last_touch = ""
        self.cancelled = False
        self.refunded = 0

    @property
    def id(self) -> str:
        """What names it."""
        return self.key[1]

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

    def keep(self, step: Step) -> None:
        """Take in a step that has its number and stage, later than all others: gather what the row says of all."""
        observed, session = step.observed, step.session
        self.steps.append(step)
        self.stage = step.stage
        if session is not None:
            self.sessions.add(session.started)
        if step.friction:
            self.frictions += 1
        if step.contact:
            self.contacts += 1
        if observed.channel not in self.channels and observed.channel != "system":
            self.channels = (*self.channels, observed.channel)
        if campaign := observed.campaign:
            order = self.order
            if order is None or step.order <= (order.time, order.ref):
                self.last_touch = campaign
                self.first_touch = self.first_touch or campaign

    def shown(self, idle: int) -> tuple[object, ...]:
        """Give what its row shows; `idle` is the silence in ms that ends it before an order."""
        order = self.order
        value = order.facts.get("revenue") if order is not None else None
        return (
            *self.key,
            self.steps[-1].observed.time,
            self.idle_at + idle if order is None else self.kept_until,
            STAGES[self.stage],
            self.outcome,
            self.order_id.partition(":")[2],
            order.time if order is not None else None,
            len(self.steps),
            self.channels,
            len(self.sessions),
            self.frictions,
            self.contacts,
            value if isinstance(value, int) else None,
            str(order.facts.get("currency") or "") if order is not None else "",
            self.first_touch,
            self.last_touch,
        )
