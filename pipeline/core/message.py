"""What actors are told: the messages of the `stitch` topic, and how one interaction becomes messages.

What comes in: an accepted interaction. What goes out: messages, each for one actor. Encoded as MessagePack
arrays; fields are only ever added at the end, with a default, so old ledgers stay readable.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from pipeline.core.interaction import MACHINES, PERSONS, THINGS, Interaction
from pipeline.core.moment import moment

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
    """The few values of data and context that rules read; see FACTS."""


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


class Lend(msgspec.Struct, tag=4, array_like=True, frozen=True, gc=False):
    """A thing tells a machine: at that moment you were with my person ("" takes it back)."""

    actor: str
    sender: str
    cause: int
    time: int
    ref: Ref
    person: str


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
encode_block: Final = msgspec.msgpack.Encoder().encode


def kind_of(identifier: str) -> str:
    """Give the kind: "customer" of "customer:42"."""
    return identifier.partition(":")[0]


def _amount(name: str) -> tuple[str, str, str]:
    return (name, name, "amount")


FACTS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "order_completed": (
        _amount("revenue"),
        _amount("total"),
        ("currency", "revenue", "currency"),
        ("promised_at", "promised_delivery_at", "moment"),
    ),
    "delivery_promised": (("promised_at", "promised_at", "moment"),),
    "order_refunded": (_amount("total"),),
    "products_searched": (("results_count", "results_count", ""),),
    "survey_answered": (
        ("kind", "kind", ""),
        ("score", "score", ""),
        ("scale_min", "scale_min", ""),
        ("scale_max", "scale_max", ""),
        ("polarity", "polarity", ""),
        ("about_type", "about_type", ""),
        ("about_id", "about_id", ""),
    ),
    "message_sent": (("author", "author", ""),),
    "ticket_comment_added": (("author", "author", ""),),
    "contact_initiated": (("method", "method", ""), ("reason_code", "reason_code", "")),
    "conversation_started": (("reason_code", "reason_code", ""),),
    "ticket_created": (("reason_code", "reason_code", ""),),
    "shipment_status_changed": (("status", "status", ""),),
    "page_loaded": (("load_ms", "load_ms", ""),),
}
"""Type → (fact, field of data, member of the field, or "moment"): all that the rules read of data."""


def observed_of(interaction: Interaction) -> Observed:
    """Cut an interaction down to what its meaning depends on."""
    facts: dict[str, Fact] = {}
    for fact, field, member in FACTS.get(interaction.type, ()):
        value: Any = interaction.data.get(field)
        if member and value is not None:
            value = moment(value) if member == "moment" else value.get(member)
        facts[fact] = value
    campaign = interaction.context.get("campaign")
    if campaign:
        facts["campaign"] = "/".join(str(campaign.get(k) or "") for k in ("source", "medium", "name"))
    things = tuple(i for i in interaction.identifiers if kind_of(i) in THING_KINDS)
    ref = (interaction.source, interaction.id)
    return Observed(
        interaction.time,
        ref,
        interaction.hash,
        interaction.type,
        interaction.area,
        interaction.channel,
        interaction.passive,
        things,
        facts,
    )


def anchor_of(interaction: Interaction) -> str:
    """Give the strongest person, else machine, else thing; "" where there is none (a heartbeat)."""
    identifiers = interaction.identifiers
    return identifiers[0] if identifiers else ""


def messages_of(interaction: Interaction) -> list[ActorMessage]:
    """Give all that actors must be told of one accepted interaction."""
    identifiers = interaction.identifiers
    if not identifiers:
        return []
    told: list[ActorMessage] = [Observe(identifiers[0], observed_of(interaction))]
    if interaction.type in {"identity_linked", "identity_unlinked"}:
        told.extend(_by_hand(interaction))
    elif len(identifiers) > 1 and interaction.type != "erasure_requested":
        told.extend(_links(interaction))
    else:
        told.extend(_alone(interaction))
    return told


def _links(interaction: Interaction) -> Iterator[Link]:
    """With a person everything weaker links to it; without, things link to the strongest thing and machine."""
    first, *others = interaction.identifiers
    time, ref, passive = interaction.time, (interaction.source, interaction.id), interaction.passive
    anchor_kind = kind_of(first)
    if anchor_kind in PERSON_KINDS:
        for other in others:
            refused = _same_kind(anchor_kind) if kind_of(other) == anchor_kind else ""
            yield Link(other, first, time, ref, passive, (), refused)
        return
    machines = tuple(i for i in interaction.identifiers if kind_of(i) in MACHINE_KINDS)
    things = [i for i in interaction.identifiers if kind_of(i) in THING_KINDS]
    for other in machines[1:]:
        same = kind_of(other) == anchor_kind
        yield Link(other, first if same else "", time, ref, passive, (), "same_strength" if same else "")
    for other in things[1:]:
        refused = "same_strength" if kind_of(other) == kind_of(things[0]) else ""
        yield Link(other, things[0], time, ref, passive, (), refused)
    for thing in things if machines else ():
        yield Link(thing, machines[0], time, ref, passive, machines)


def _alone(interaction: Interaction) -> Iterator[Link]:
    """Tell machines beside the anchor that they were seen, where nothing links them."""
    for other in interaction.identifiers[1:]:
        if kind_of(other) in MACHINE_KINDS:
            yield Link(other, "", interaction.time, (interaction.source, interaction.id), interaction.passive)


def _same_kind(kind: str) -> str:
    return "two_customers" if kind == "customer" else "same_strength"


def _by_hand(interaction: Interaction) -> Iterator[ActorMessage]:
    """`identity_linked` makes the link that it names; `identity_unlinked` voids it, whichever way round."""
    if len(interaction.identifiers) != 2:  # noqa: PLR2004 - from and to; one if they are the same
        return
    stronger, weaker = interaction.identifiers
    time, ref = interaction.time, (interaction.source, interaction.id)
    kinds = {kind_of(stronger), kind_of(weaker)}
    equal = len(kinds) == 1 or kinds <= MACHINE_KINDS
    if interaction.type == "identity_unlinked":
        yield Unlink(weaker, stronger, time, ref, interaction.hash)
        if equal:
            yield Unlink(stronger, weaker, time, ref, interaction.hash)
        yield from _alone(interaction)
        return
    refused = "same_strength" if equal else ""
    yield Link(weaker, stronger, time, ref, interaction.passive, (), refused)
