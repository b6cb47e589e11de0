"""Rows of the tables in `cx_store`, field by field in the order of the table's columns.

A test on the real engine compares these with `schemas/clickhouse`. Times are integer milliseconds since
1970-01-01 UTC (DateTime64(3) columns) unless a name says otherwise; money is minor units.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from pipeline.core.window import Key


class InteractionRow(NamedTuple):
    """One accepted interaction, as accepted. Its version prefers the smallest corrected time."""

    day: int
    """Date of sent_time, as days since 1970-01-01."""
    type: str
    sent_time: int
    source: str
    id: str
    hash: int
    time: int
    received: int
    schema: str
    area: str
    passive: int
    channel: str
    identifiers: tuple[str, ...]
    anchor: str
    consent: str
    """Granted purposes as a JSON list, "" where the sender gave none."""
    context: str
    data: str
    version: int


class IntakeRow(NamedTuple):
    """What became of one raw record."""

    topic: str
    epoch: int
    partition: int
    offset: int
    outcome: str
    """"accepted" or the reason of the rejection."""
    hash: int
    """Hash of the accepted interaction, which names its row in `interactions`; 0 for a rejection."""
    source: str
    received: int


class RejectionRow(NamedTuple):
    """One refused record, kept whole up to a cap, so that it can be replayed."""

    topic: str
    partition: int
    offset: int
    epoch: int
    received: int
    reason: str
    path: str
    detail: str
    source: str
    type: str
    id: str
    value: bytes
    value_length: int
    value_sha256: str
    headers: str
    """Kafka headers as a JSON object, values as text (latin-1)."""
    key: bytes


class LedgerRow(NamedTuple):
    """One message that told an actor something new. Never changes."""

    actor: str
    position: int
    partition: int
    message: bytes


class TouchpointRow(NamedTuple):
    """One interaction as part of a customer."""

    customer: str
    time: int
    source: str
    id: str
    type: str
    area: str
    channel: str
    passive: int
    session_id: str
    journey_id: str
    number: int
    """Number of the step within its journey, from 1; 0 where it is no step."""
    stage: str
    gap_seconds: float | None
    """Seconds since the previous step of the journey."""
    channel_changed: int
    friction: str
    why: str
    version: int
    is_deleted: int


class SessionRow(NamedTuple):
    """A burst of interactions of one customer."""

    customer: str
    started: int
    session_id: str
    ended: int
    interactions: int
    """Non-passive ones."""
    channels: tuple[str, ...]
    channel: str
    """Channel of the first interaction."""
    source: str
    """Source of the first interaction."""
    orders: int
    frictions: int
    version: int
    is_deleted: int


class JourneyRow(NamedTuple):
    """One purchase intent of one customer. What depends on the watermark is computed in the view."""

    customer: str
    started: int
    journey_id: str
    last_step_at: int
    closes_at: int
    """Pre-purchase: 30 days after the last non-passive step. Post-purchase: 60 days after what keeps it open."""
    stage: str
    outcome: str
    """"open" before the order; then purchased, cancelled or refunded."""
    order_id: str
    purchased_at: int | None
    steps: int
    channels: tuple[str, ...]
    sessions: int
    frictions: int
    contacts: int
    value: int | None
    currency: str
    first_touch: str
    last_touch: str
    version: int
    is_deleted: int


class FrictionRow(NamedTuple):
    """One bad experience of one customer: shown by an interaction, or by its absence."""

    customer: str
    time: int
    """When it happened; of an absence the deadline."""
    source: str
    """With id, the interaction that shows it; of an absence the one that started the clock."""
    id: str
    kind: str
    absence: int
    """1 where something did not happen in time: it holds once the watermark is later than `time`."""
    channel: str
    session_id: str
    journey_id: str
    score: float
    """Sum over the frictions of 90 days of 0.5^(age / 30 days), with this one."""
    crossed: int
    """1 where the score crossed the threshold."""
    streak: int
    """Frictions since the last good experience, with this one."""
    streak_ended_at: int | None
    """When the next good experience came."""
    version: int
    is_deleted: int


class IdentityRow(NamedTuple):
    """A link between two identifiers, with its evidence."""

    from_identifier: str
    to_identifier: str
    state: str
    """live, removed or refused."""
    reason: str
    """Why it was refused or removed; "" while live."""
    first_seen: int
    last_seen: int
    evidence: int
    """Number of interactions that are evidence for it."""
    first_source: str
    first_id: str
    version: int
    is_deleted: int


class WindowRow(NamedTuple):
    """A metric's value for one minute and one set of dimensions, as counted by one partition."""

    metric: str
    window: int
    """Start of the minute, seconds since 1970-01-01 UTC."""
    channel: str
    source: str
    currency: str
    declared: str
    """Dimensions that the metric itself declares: "name=value", sorted, with commas between."""
    country: str
    device: str
    app_version: str
    campaign: str
    experiments: str
    """ "id=variation" of each, sorted, with commas between."""
    epoch: int
    partition: int
    numerator: int
    """Durations in milliseconds."""
    denominator: int
    n: int
    buckets: tuple[int, ...]
    """Log-bucket indices of a histogram."""
    counts: tuple[int, ...]
    version: int

    @property
    def key(self) -> Key:
        """Name the window: of all partitions together."""
        around = (self.country, self.device, self.app_version, self.campaign, self.experiments)
        return (self.metric, self.window, self.channel, self.source, self.currency, self.declared, around)


class RevisionRow(NamedTuple):
    """How one block of the stitch log changed one published window, for one reason. Never changes."""

    metric: str
    window: int
    """Start of the minute, seconds since 1970-01-01 UTC; with what follows, as in WindowRow."""
    channel: str
    source: str
    currency: str
    declared: str
    country: str
    device: str
    app_version: str
    campaign: str
    experiments: str
    epoch: int
    partition: int
    position: int
    """Of the block's first message."""
    reason: str
    heard_at: int
    """The log's time of the news that caused it, where it was first heard."""
    numerator: int
    """What was added, less than 0 for what was taken back."""
    denominator: int
    n: int
    contributions: int
    """Interactions that made it; of a derived metric, customers."""
    revised_at: int
    """The log's time of the block."""
    watermark: int
    """What the partition had heard before the block."""


class ProgressRow(NamedTuple):
    """How far one stitch partition has come."""

    epoch: int
    partition: int
    watermark: int
    """Minimum over all declared raw partitions; 0 until each was heard of."""
    position: int
    """Of the last message that is in the tables; the row's version."""
    floor: int
    """Offsets are never set back below it."""
    heard: str
    """JSON object: "topic/partition" of each raw partition → its watermark in ms."""
    appended_at: int
    """When the broker took the block of that message."""


class FinalityRow(NamedTuple):
    """Up to when everything that came in time is in the tables; the greatest of an epoch counts."""

    epoch: int
    watermark: int
    decided_at: int
    """When the broker took the newest block that was told by then."""
    positions: tuple[int, ...]
    """Position of each stitch partition by then."""


Row = (
    InteractionRow
    | IntakeRow
    | RejectionRow
    | LedgerRow
    | TouchpointRow
    | SessionRow
    | JourneyRow
    | FrictionRow
    | IdentityRow
    | WindowRow
    | RevisionRow
    | ProgressRow
    | FinalityRow
)

TABLES: Final[Mapping[str, type[Row]]] = {
    "interactions": InteractionRow,
    "intake": IntakeRow,
    "rejections": RejectionRow,
    "ledger": LedgerRow,
    "touchpoints": TouchpointRow,
    "sessions": SessionRow,
    "journeys": JourneyRow,
    "frictions": FrictionRow,
    "identity": IdentityRow,
    "metric_windows": WindowRow,
    "metric_revisions": RevisionRow,
    "progress": ProgressRow,
    "finality": FinalityRow,
}
TABLE_OF: Final[Mapping[type[Row], str]] = {row: table for table, row in TABLES.items()}
