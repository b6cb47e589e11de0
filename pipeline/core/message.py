"""What actors are told: the messages of the `stitch` topic.

Each is for one actor. Encoded as MessagePack arrays; fields are only ever added at the end, with a default, so old ledgers stay readable.
"""

from operator import attrgetter
from typing import Final

import msgspec

from pipeline.core.around import CAMPAIGN, NOWHERE, Around
from pipeline.core.interaction import MACHINES, PERSONS, THINGS

Ref = tuple[str, str]
"""(source, id): names an interaction."""

Fact = str | int | float | bool | None

PERSON_KINDS: Final = frozenset(PERSONS)
MACHINE_KINDS: Final = frozenset(MACHINES)
THING_KINDS: Final = frozenset(THINGS)


class Observed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The part of an interaction that its meaning depends on. Time in ms; ordered by (time, ref)."""

    time: int
    ref: Ref
    hash: int
    type: str
    area: str
    channel: str
    passive: bool
    things: tuple[str, ...]
    """Its identifiers of kind thing, strongest first."""
    facts: dict[str, Fact] = {}
    """The few values of data that rules read; see FACTS."""
    around: Around = NOWHERE
    """What surrounded it: dimensions of every metric beside channel and source."""

    @property
    def campaign(self) -> str:
        """Give what brought the customer: "source/medium/name", or ""."""
        return self.around[CAMPAIGN]


IN_ORDER: Final = attrgetter("time", "ref")
"""Key by which interactions are ordered everywhere."""


class Observe(msgspec.Struct, tag=0, array_like=True, frozen=True, gc=False):
    """Admit tells the anchor: this happened. Copies compete; it has no cause."""

    actor: str
    observed: Observed


class Link(msgspec.Struct, tag=1, array_like=True, frozen=True, gc=False):
    """Admit tells the weaker identifier: you were seen with this stronger one."""

    actor: str
    to: str
    """ "" where a machine was only seen."""
    time: int
    ref: Ref
    passive: bool = False
    machines: tuple[str, ...] = ()
    """For a thing without a person: the machines of the interaction, to which it may lend one."""
    refused: str = ""
    """Why this can never be a link, though it was seen."""


class Unlink(msgspec.Struct, tag=2, array_like=True, frozen=True, gc=False):
    """Admit tells the weaker identifier: up to this time you never belonged to that one."""

    actor: str
    to: str
    time: int
    ref: Ref
    hash: int


class Belongs(msgspec.Struct, tag=3, array_like=True, frozen=True, gc=False):
    """One actor tells another: this interaction is yours (or no longer). The last word by cause counts."""

    actor: str
    sender: str
    cause: int
    """Position of the message that caused the word."""
    present: bool
    observed: Observed
    reason: int = 0
    """Why it moved: a place in REASONS of core/revision.py."""
    heard_at: int = 0
    """The log's time of what caused it, at the first actor that heard of it; 0 where it came in time."""


class Lend(msgspec.Struct, tag=4, array_like=True, frozen=True, gc=False):
    """A thing tells a machine: at that moment you were with my person ("" takes it back)."""

    actor: str
    sender: str
    cause: int
    time: int
    ref: Ref
    person: str
    reason: int = 0
    """Why the thing says so now."""


class Watermark(msgspec.Struct, tag=5, array_like=True, frozen=True, gc=False):
    """Admit tells a partition: from this raw partition nothing older than `time` is expected."""

    topic: str
    partition: int
    time: int


class Crossed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Stitch tells watch: a customer's score of frictions crossed the threshold (or, after all, did not).

    The last word by version counts. It has a topic of its own, and is no message to an actor.
    """

    customer: str
    time: int
    ref: Ref
    kind: str
    """With time and ref the friction that crossed."""
    present: bool
    score: float
    version: int


Message = Observe | Link | Unlink | Belongs | Lend | Watermark
ActorMessage = Observe | Link | Unlink | Belongs | Lend

encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(Message).decode
decode_block: Final = msgspec.msgpack.Decoder(list[Message]).decode
split_block: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
decode_crossings: Final = msgspec.msgpack.Decoder(list[Crossed]).decode
encode_block: Final = msgspec.msgpack.Encoder().encode


def kind_of(identifier: str) -> str:
    """Give the kind: "customer" of "customer:42"."""
    return identifier.partition(":")[0]
