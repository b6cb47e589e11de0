"""The settings that decide what numbers mean. Changing one is a new generation of tables, never a rolling upgrade."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Final

import msgspec

from pipeline.core.flow import Flows

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Meaning(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Spans are milliseconds; limits are numbers of different persons of the strongest kind."""

    session_gap: int = 30 * MINUTE
    """A longer silence cuts a session."""
    session_length: int = 24 * HOUR
    """A session never spans more."""
    campaign_cuts: bool = False
    """Whether a new campaign cuts a session."""
    midnight_zone: str = ""
    """IANA name of the time zone whose midnight cuts a session; "" for none."""
    identity_reach: int = 90 * DAY
    """How far a sighting of a machine with a person reaches, both ways."""
    device_gap: int = 30 * MINUTE
    """A longer silence of a shared machine ends its device session."""
    person_limit: int = 1
    """A person identifier seen with more stronger persons than this links to nobody."""
    machine_limit: int = 3
    """A machine seen with more persons of the strongest kind than this is audited as over its limit."""
    limits: Mapping[str, int] = {}
    """"kind" or "kind@source" → its own limit."""
    actor_limit: int = 10_000
    """An actor that holds more interactions than this within the horizon derives nothing."""
    actor_horizon: int = 90 * DAY
    """The horizon, before the newest interaction that an actor holds."""
    journey_idle: int = 30 * DAY
    """A journey without a non-passive step for longer is abandoned."""
    journey_kept_open: int = 60 * DAY
    """How long a purchase's journey stays open after an order, a delivery or a contact."""
    support_reach: int = 30 * DAY
    """A contact without a known id concerns an order at most this old."""
    cart_patience: int = 24 * HOUR
    """A cart without an order within this time is abandoned."""
    slow_page: int = 4 * SECOND
    """A page that loads for longer is a friction."""
    friction_half_life: int = 30 * DAY
    """After this time a friction weighs half."""
    friction_reach: int = 90 * DAY
    """After this time it weighs nothing."""
    friction_threshold: float = 3
    """A score that reaches it has crossed."""
    friction_cleared: float = 2
    """A score below it has cleared."""
    repeat_reach: int = 7 * DAY
    """A contact about the same matter within this time is a repeat."""
    reply_in_chat: int = 2 * MINUTE
    """Within which time a first reply is due on channel chat."""
    reply_in_social: int = HOUR
    """The same on channel social."""
    reply_elsewhere: int = 24 * HOUR
    """The same on all other channels."""
    flows: Flows = {}
    """What interactions add to metrics by themselves."""

    @cached_property
    def reads(self) -> Mapping[str, tuple[str, ...]]:
        """Give the fields of data that the flows read, by type."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for flow in {flow for flows in self.flows.values() for flow in flows}:
            for part in flow.parts:
                found[part.type].update(part.fields, flow.dimensions)
        return {kind: tuple(sorted(fields)) for kind, fields in found.items() if fields}
