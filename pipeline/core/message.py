"""What actors are told: the messages of the `stitch` topic, and how one interaction becomes messages.

What comes in: an accepted interaction. What goes out: messages, each for one actor. Encoded as MessagePack
arrays; fields are only ever added at the end, with a default, so old ledgers stay readable.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from pipeline.core.interaction import MACHINES, PERSONS, THINGS, Interaction

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
    "order_completed": (_amount("revenue"), _amount("total"), ("currency", "revenue", "currency")),
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
"""Type → (fact, field of data, member of the field): all that the rules read of data."""


_BY_HAND: Final = frozenset({"identity_linked", "identity_unlinked"})
_NO_FACTS: Final[dict[str, Fact]] = {}
"""Of most interactions; one for all, since nobody changes it."""


def observed_of(interaction: Interaction) -> Observed:
    """Cut an interaction down to what its meaning depends on."""
    return _observed(interaction, (interaction.source, interaction.id), things_of(interaction.identifiers))


def things_of(identifiers: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of kind thing, strongest first; they come last."""
    if not identifiers or kind_of(identifiers[-1]) not in THING_KINDS:
        return ()
    return tuple([i for i in identifiers if kind_of(i) in THING_KINDS])


def _observed(interaction: Interaction, ref: Ref, things: tuple[str, ...]) -> Observed:
    kind, context = interaction.type, interaction.context
    has_facts = kind in FACTS or "campaign" in context
    return Observed(
        interaction.time,
        ref,
        interaction.hash,
        kind,
        interaction.area,
        interaction.channel,
        interaction.passive,
        things,
        _facts(kind, interaction.data, context) if has_facts else _NO_FACTS,
    )


def _facts(kind: str, data: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for fact, field, member in FACTS.get(kind, ()):
        value: Any = data.get(field)
        facts[fact] = value.get(member) if member and value is not None else value
    campaign = context.get("campaign")
    if campaign:
        facts["campaign"] = "/".join([str(campaign.get(k) or "") for k in ("source", "medium", "name")])
    return facts


def anchor_of(interaction: Interaction) -> str:
    """Give the strongest person, else machine, else thing; "" where there is none (a heartbeat)."""
    identifiers = interaction.identifiers
    return identifiers[0] if identifiers else ""


def messages_of(interaction: Interaction) -> list[ActorMessage]:
    """Give all that actors must be told of one accepted interaction."""
    identifiers = interaction.identifiers
    if not identifiers:
        return []
    ref, things = (interaction.source, interaction.id), things_of(identifiers)
    told: list[ActorMessage] = [Observe(identifiers[0], _observed(interaction, ref, things))]
    if len(identifiers) > 1:
        told += (_by_hand if interaction.type in _BY_HAND else _links)(interaction, ref, things)
    return told


def _links(interaction: Interaction, ref: Ref, things: tuple[str, ...]) -> list[Link]:
    """With a person everything weaker links to it; without, things link to the strongest thing and machine."""
    first, *others = interaction.identifiers
    time, passive = interaction.time, interaction.passive
    kind = kind_of(first)
    if kind in PERSON_KINDS:
        same = f"{kind}:"
        return [
            Link(each, first, time, ref, passive, (), _same_kind(kind) if each.startswith(same) else "")
            for each in others
        ]
    return [
        Link(weaker, stronger, time, ref, passive, machines, refused)
        for weaker, stronger, machines, refused in _ties(interaction.identifiers, things)
    ]


def _ties(
    identifiers: tuple[str, ...], things: tuple[str, ...]
) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Give what machines and things are to each other: weaker, stronger, machines, refused."""
    machines = tuple([i for i in identifiers if kind_of(i) in MACHINE_KINDS])
    for other in machines[1:]:
        same = kind_of(other) == kind_of(machines[0])
        yield other, machines[0] if same else "", (), "same_strength" if same else ""
    for other in things[1:]:
        yield other, things[0], (), "same_strength" if kind_of(other) == kind_of(things[0]) else ""
    for thing in things if machines else ():
        yield thing, machines[0], machines, ""


def _same_kind(kind: str) -> str:
    return "two_customers" if kind == "customer" else "same_strength"


def _by_hand(interaction: Interaction, ref: Ref, _: tuple[str, ...]) -> list[Link] | list[Unlink]:
    """`identity_linked` makes the link that it names; `identity_unlinked` voids it, whichever way round."""
    if len(interaction.identifiers) != 2:  # noqa: PLR2004 - from and to; one if they are the same
        return []
    stronger, weaker = interaction.identifiers
    if interaction.type == "identity_unlinked":
        return [Unlink(weaker, stronger, interaction.time, ref, interaction.hash)]
    kinds = {kind_of(stronger), kind_of(weaker)}
    refused = "same_strength" if len(kinds) == 1 or kinds <= MACHINE_KINDS else ""
    return [Link(weaker, stronger, interaction.time, ref, interaction.passive, (), refused)]
