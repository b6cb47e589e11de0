"""Everything that can be set, as one frozen value that is read once.

What comes in: environment variables with the prefix CXSTREAM_, an optional TOML file and, where nothing else is
said, the endpoints of a local stack in the data directory. What goes out: `Settings`, or one `SettingsError`
that lists every fault. Nothing else in the program touches the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from pipeline.settings.values import BROKERS, Secret, SettingsError

__all__ = ["Secret", "Settings", "SettingsError"]

Port = Annotated[int, Meta(ge=1, le=65535)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Meta(gt=0)]
Topic = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._-]{1,249}$",
        extra={"allowed": "1 to 249 letters, digits, dots, dashes or underscores"},
    ),
]
Place = Annotated[str, Meta(pattern=r"^\d{1,9}/\d{1,18}$", extra={"allowed": "partition/offset: 3/51"})]
Brokers = Annotated[str, Meta(pattern=BROKERS, extra={"allowed": "host:port, with commas between"})]
Name = Annotated[str, Meta(pattern=r"^\S+$", extra={"allowed": "text without spaces, not empty"})]
Key = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,8}$", extra={"allowed": "1 to 8 small letters or digits"})]
Limit = Annotated[
    str,
    Meta(
        pattern=r"^(loyalty|email|phone|device|anonymous)(@[^\s=]{1,64})?=[1-9][0-9]{0,5}$",
        extra={"allowed": "kind=number or kind@source=number, such as email=2 or device@pos=50"},
    ),
]

HMAC_KEY_BYTES = 16
"""A key of less than 128 bits is refused."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default. The name in the environment is CXSTREAM_ and the name in capitals."""

    kafka_bootstrap: Annotated[
        Brokers, Meta(description="Brokers to start from: host:port, with commas between.")
    ] = "127.0.0.1:9092"
    kafka_group: Annotated[Name, Meta(description="Consumer group of the workers.")] = "cxstream"
    kafka_session_timeout_seconds: Annotated[
        Seconds, Meta(description="A worker that is silent for longer loses its partitions.")
    ] = 30.0
    kafka_tls: Annotated[bool, Meta(description="Speak TLS to the brokers.")] = False
    kafka_tls_ca_file: Annotated[
        Path | None, Meta(description="PEM file of the authority that signed the brokers' certificates.")
    ] = None
    kafka_sasl_mechanism: Annotated[
        Literal["none", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"],
        Meta(description="How to log in to the brokers."),
    ] = "none"
    kafka_user: Annotated[str, Meta(description="User for SASL.")] = ""
    kafka_password: Annotated[Secret, Meta(description="Password for SASL.")] = Secret("")
    kafka_allow_plaintext_credentials: Annotated[
        bool, Meta(description="Send the password without TLS. For development only.")
    ] = False
    source_topics: Annotated[
        tuple[Topic, ...], Meta(min_length=1, description="Topics of raw interactions.")
    ] = (
        "interactions.web",
        "interactions.support",
        "interactions.backoffice",
    )
    source_partitions: Annotated[Count, Meta(description="Declared partitions of each source topic.")] = 8
    stitch_topic: Annotated[Topic, Meta(description="The internal topic between admit and stitch.")] = (
        "stitch"
    )
    stitch_partitions: Annotated[Count, Meta(description="Declared partitions of the stitch topic.")] = 8
    stitch_passes_over: Annotated[
        tuple[Place, ...], Meta(description="Records of the stitch topic that nobody of ours wrote.")
    ] = ()
    watch_topic: Annotated[Topic, Meta(description="The internal topic of what watch is to look at.")] = (
        "watch"
    )
    topic_replication: Annotated[
        Annotated[int, Meta(ge=1, le=15)],
        Meta(description="Replicas of topics that `cxstream topics` makes; 3 in production."),
    ] = 1

    clickhouse_host: Annotated[Name, Meta(description="Host of ClickHouse.")] = "127.0.0.1"
    clickhouse_port: Annotated[Port, Meta(description="Its native port.")] = 9000
    clickhouse_http_port: Annotated[Port, Meta(description="Its HTTP port.")] = 8123
    clickhouse_tls: Annotated[bool, Meta(description="Speak TLS to ClickHouse.")] = False
    clickhouse_tls_ca_file: Annotated[
        Path | None, Meta(description="PEM file of the authority that signed its certificate.")
    ] = None
    clickhouse_writer_user: Annotated[Name, Meta(description="User that the worker writes as.")] = (
        "pipeline_writer"
    )
    clickhouse_writer_password: Annotated[Secret, Meta(description="Its password.")] = Secret("")
    clickhouse_migrator_user: Annotated[Name, Meta(description="User that `cxstream migrate` works as.")] = (
        "migrator"
    )
    clickhouse_migrator_password: Annotated[Secret, Meta(description="Its password.")] = Secret("")
    clickhouse_analyst_user: Annotated[Name, Meta(description="User that reads the views.")] = "analyst"
    clickhouse_analyst_password: Annotated[Secret, Meta(description="Its password.")] = Secret("")

    hmac_key_file: Annotated[
        Path | None,
        Meta(description="File with the key that personal identifiers are hashed with, 16 bytes or more."),
    ] = None
    hmac_key_id: Annotated[Key, Meta(description="Prefix that says which key hashed an identifier.")] = "k1"

    max_record_bytes: Annotated[Count, Meta(description="A longer record is refused: too_large.")] = 1_048_576
    future_tolerance_seconds: Annotated[
        Annotated[int, Meta(ge=0, le=31_536_000)] | None,
        Meta(description="A time later than the broker's by more is refused: future. none lets it pass."),
    ] = 300
    horizon_days: Annotated[
        Annotated[int, Meta(ge=1, le=36_500)] | None,
        Meta(description="A time older than the broker's by more is refused: too_old. none lets it pass."),
    ] = 90
    session_gap_minutes: Annotated[Count, Meta(description="A longer silence cuts a session.")] = 30
    session_length_hours: Annotated[Count, Meta(description="A session never spans more.")] = 24
    session_cut_by_campaign: Annotated[bool, Meta(description="A new campaign cuts a session.")] = False
    session_midnight_zone: Annotated[
        str, Meta(description="Time zone whose midnight cuts a session, such as Europe/Kyiv; empty for none.")
    ] = ""
    identity_reach_days: Annotated[
        Count, Meta(description="How far a sighting of a machine with a person reaches, both ways.")
    ] = 90
    identity_limits: Annotated[
        tuple[Limit, ...],
        Meta(description="How many persons an identifier of a kind, or of a kind from a source, may have."),
    ] = ()
    actor_limit: Annotated[
        Count,
        Meta(
            description="An identifier with more interactions in 90 days is nobody: a bot, a till's customer."
        ),
    ] = 10_000
    first_reply_chat_minutes: Annotated[
        Count, Meta(description="A first reply on channel chat that takes longer is a friction.")
    ] = 2
    first_reply_social_minutes: Annotated[Count, Meta(description="The same on channel social.")] = 60
    first_reply_hours: Annotated[Count, Meta(description="The same on all other channels.")] = 24
    friction_threshold: Annotated[
        Seconds, Meta(description="A customer whose score of frictions reaches it has crossed.")
    ] = 3.0
    friction_cleared: Annotated[
        Seconds, Meta(description="A score below it has cleared; the next crossing counts again.")
    ] = 2.0
    watermark_skew_seconds: Annotated[
        Annotated[int, Meta(ge=0)],
        Meta(description="How far a watermark stays behind the greatest time seen."),
    ] = 60

    flush_messages: Annotated[Count, Meta(description="A flush starts when so many messages wait.")] = 20_000
    flush_linger_seconds: Annotated[
        Seconds, Meta(description="A flush starts when a message has waited so long.")
    ] = 0.5
    cache_actors: Annotated[Count, Meta(description="Actors that a worker keeps in memory.")] = 200_000
    retry_deadline_seconds: Annotated[
        Seconds, Meta(description="A write that fails for longer ends the worker, exit code not 0.")
    ] = 20.0
    rejection_ratio: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        Meta(description="A greater share of rejections stops the worker."),
    ] = 0.01
    rejection_window_minutes: Annotated[
        Count, Meta(description="Stretch over which that share is taken.")
    ] = 5
    rejection_run: Annotated[
        Count, Meta(description="So many in a row in one partition stop the worker.")
    ] = 100

    telemetry_host: Annotated[Name, Meta(description="Address that telemetry listens on.")] = "127.0.0.1"
    telemetry_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)],
        Meta(description="Its port; 0 takes a free one, and so does the default where it is taken."),
    ] = 9464
    export_metrics: Annotated[
        tuple[Name, ...],
        Meta(min_length=1, description="Metrics that `cxstream export` shows to Prometheus."),
    ] = (
        "orders",
        "session_conversion",
        "cart_abandonment",
        "payment_failure_rate",
        "csat",
        "nps",
        "first_response_time",
    )
    export_window_minutes: Annotated[Count, Meta(description="Length of the windows that it shows.")] = 60
    export_seconds: Annotated[Annotated[float, Meta(ge=15)], Meta(description="How often it reads them.")] = (
        30.0
    )
    export_series: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)],
        Meta(
            description="Most combinations of metric, channel, currency and final that it shows, 3 gauges each."
        ),
    ] = 500
    export_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)],
        Meta(description="Its port for Prometheus, on telemetry_host; 0 takes a free one."),
    ] = 9465
    log_format: Annotated[
        Literal["auto", "console", "json"], Meta(description="auto: console on a terminal, else json.")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least level to log.")
    ] = "info"
    data_dir: Annotated[Path, Meta(description="Where the local stack keeps its data.")] = Path(".cxstream")

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, directory: Path | None = None) -> Self:
        """Settings from the environment, a TOML file and the local stack, in that precedence.

        Raises:
            SettingsError: something is unknown, wrong or contradicts itself; it lists all of it.
        """
        from pipeline.settings.load import load  # noqa: PLC0415 - loading needs the declared type

        return load(cls, environment, directory).settings

    def hmac_key(self) -> bytes:
        """The key that personal identifiers are hashed with.

        Raises:
            SettingsError: the file is not set, cannot be read, or holds less than 16 bytes.
        """
        if self.hmac_key_file is None:
            raise SettingsError(
                ["hmac_key_file is not set: give the path of a file with at least 16 random bytes"]
            )
        try:
            key = self.hmac_key_file.read_bytes()
        except OSError as error:
            raise SettingsError([f"hmac_key_file = {self.hmac_key_file}: {error.strerror}"]) from None
        if len(key) < HMAC_KEY_BYTES:
            raise SettingsError(
                [f"hmac_key_file = {self.hmac_key_file}: {len(key)} bytes, needs {HMAC_KEY_BYTES}"]
            )
        return key
