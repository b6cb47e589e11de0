"""How one interaction becomes messages: what its anchor and every weaker identifier must be told.

What comes in: an accepted interaction. What goes out: messages, each for one actor.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.core.around import NOWHERE, around_of
from pipeline.core.interaction import Interaction
from pipeline.core.message import (
    MACHINE_KINDS,
    PERSON_KINDS,
    THING_KINDS,
    ActorMessage,
    Fact,
    Link,
    Observe,
    Observed,
    Ref,
    Unlink,
    kind_of,
)
from pipeline.core.moment import moment


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


Reads = Mapping[str, tuple[str, ...]]
"""Type → fields of data that metrics read beside FACTS."""
_NOTHING: Final[Reads] = {}
_NO_FACTS: Final[dict[str, Fact]] = {}
"""Of most interactions; one for all, since nobody changes it."""
_tells_around: Final = re.compile('"(?:country|device|app_version|campaign|experiments)":').search
"""Whether a context's text may tell a dimension: most tell a page, and reading that for nothing costs more."""


def observed_of(interaction: Interaction, reads: Reads = _NOTHING) -> Observed:
    """Cut an interaction down to what its meaning depends on."""
    ref, things = (interaction.source, interaction.id), things_among(interaction.identifiers)
    return _observed(interaction, ref, things, reads)


def things_among(identifiers: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of kind thing, strongest first; they come last."""
    if not identifiers or kind_of(identifiers[-1]) not in THING_KINDS:
        return ()
    return tuple([i for i in identifiers if kind_of(i) in THING_KINDS])


def _observed(interaction: Interaction, ref: Ref, things: tuple[str, ...], reads: Reads) -> Observed:
    kind, context = interaction.type, interaction.context_json
    has_facts = kind in FACTS or kind in reads
    return Observed(
        interaction.time,
        ref,
        interaction.hash,
        kind,
        interaction.area,
        interaction.channel,
        interaction.passive,
        things,
        _facts(interaction, reads) if has_facts else _NO_FACTS,
        around_of(interaction.context) if context and _tells_around(context) else NOWHERE,
    )


def _facts(interaction: Interaction, reads: Reads) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    told, read = FACTS.get(interaction.type, ()), reads.get(interaction.type, ())
    data = interaction.data if told or read else {}
    for fact, field, member in told:
        value: Any = data.get(field)
        if member and value is not None:
            value = moment(value) if member == "moment" else value.get(member)
        facts[fact] = value
    for field in read:
        value = data.get(field)
        facts.setdefault(field, value if isinstance(value, str | int | float) else None)
    return facts


def messages_of(interaction: Interaction, reads: Reads = _NOTHING) -> list[ActorMessage]:
    """Give all that actors must be told of one accepted interaction."""
    identifiers = interaction.identifiers
    if not identifiers:
        return []
    ref, things = (interaction.source, interaction.id), things_among(identifiers)
    told: list[ActorMessage] = [Observe(identifiers[0], _observed(interaction, ref, things, reads))]
    if len(identifiers) > 1:
        told += _OTHERWISE.get(interaction.type, _links)(interaction, ref, things)
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


def _alone(interaction: Interaction, ref: Ref, _: tuple[str, ...]) -> list[Link]:
    """Tell machines beside the anchor that they were seen, where nothing links them."""
    time, passive = interaction.time, interaction.passive
    others = interaction.identifiers[1:]
    return [Link(other, "", time, ref, passive) for other in others if kind_of(other) in MACHINE_KINDS]


def _same_kind(kind: str) -> str:
    return "two_customers" if kind == "customer" else "same_strength"


def _by_hand(interaction: Interaction, ref: Ref, things: tuple[str, ...]) -> list[Link | Unlink]:
    """`identity_linked` makes the link that it names; `identity_unlinked` voids it, of equals both ways round."""
    if len(interaction.identifiers) != 2:  # noqa: PLR2004 - from and to; one if they are the same
        return []
    stronger, weaker = interaction.identifiers
    time, kinds = interaction.time, {kind_of(stronger), kind_of(weaker)}
    equal = len(kinds) == 1 or kinds <= MACHINE_KINDS
    if interaction.type == "identity_linked":
        refused = "same_strength" if equal else ""
        return [Link(weaker, stronger, time, ref, interaction.passive, (), refused)]
    told: list[Link | Unlink] = [Unlink(weaker, stronger, time, ref, interaction.hash)]
    if equal:
        told.append(Unlink(stronger, weaker, time, ref, interaction.hash))
    return [*told, *_alone(interaction, ref, things)]


_Telling = Callable[[Interaction, Ref, tuple[str, ...]], Sequence[Link | Unlink]]
_OTHERWISE: Final[Mapping[str, _Telling]] = {
    "identity_linked": _by_hand,
    "identity_unlinked": _by_hand,
    "erasure_requested": _alone,
}
"""Types that do not link what they carry."""
