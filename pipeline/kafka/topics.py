"""Topics: what is declared, what there is, and how to bring the two together.

What comes in: the settings. What goes out: topics with declared partitions. What exists is never changed: actors live
in partitions of the stitch topic, so another count is another epoch, and a clock that is changed under way helps no
record that is there already.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from pipeline.kafka.transport import TransportError
from pipeline.settings import Settings

_BLOCK_BYTES: Final = 8 << 20
_TIMESTAMP: Final = "message.timestamp.type"
_EXACT: Final = (_TIMESTAMP, "unclean.leader.election.enable")
"""What must be as declared."""
_AT_LEAST: Final = ("max.message.bytes", "min.insync.replicas")
"""What may be more than declared. The rest, as retention, is for whoever runs Kafka to decide."""
_SEEN_SECONDS: Final = 15.0
_UNKNOWN_TOPIC: Final = 3

Config = Mapping[str, str]


class Topic(NamedTuple):
    """A declared topic, and the setting that declares its partitions."""

    name: str
    partitions: int
    replication: int
    config: Config
    setting: str = "source_partitions"


class State(NamedTuple):
    """How a declared topic stands, and what to do where it is not as declared."""

    topic: Topic
    state: Literal["as declared", "made", "missing", "differs"]
    partitions: int
    cure: str = ""

    @property
    def is_good(self) -> bool:
        """Whether a worker can use it."""
        return self.state in {"as declared", "made"}


class Found(NamedTuple):
    """What the brokers say of a topic: how many partitions, its configuration (None if it may not be read), or why not."""

    partitions: int = 0
    config: Config | None = None
    error: str = ""


def declared(settings: Settings) -> tuple[Topic, ...]:
    """Give the topics that a worker needs. The broker's clock stamps them: only it is believed."""
    replication = settings.topic_replication
    stamped = {_TIMESTAMP: "LogAppendTime"}
    if replication > 1:  # else a position of a log could come to have two contents
        stamped |= {"min.insync.replicas": str(replication - 1), "unclean.leader.election.enable": "false"}
    sources = [
        Topic(name, settings.source_partitions, replication, stamped) for name in settings.source_topics
    ]
    blocks = {**stamped, "retention.ms": "-1", "max.message.bytes": str(_BLOCK_BYTES)}
    stitch = Topic(
        settings.stitch_topic, settings.stitch_partitions, replication, blocks, "stitch_partitions"
    )
    watch = Topic(settings.watch_topic, 1, replication, stamped, "watch_topic")
    return (*sources, stitch, watch)


def judge(topic: Topic, found: Found) -> State:
    """Compare a declared topic with what was found."""
    if found.error:
        return State(topic, "missing", 0, f"the brokers refuse to tell of it ({found.error}); check the ACLs")
    if not found.partitions:
        return State(topic, "missing", 0, "it does not exist; make it with: cxstream topics")
    if found.partitions != topic.partitions:
        cure = (
            f"it has {found.partitions} partitions and {topic.partitions} are declared; "
            f"set {topic.setting} to the number that it has"
        )
        return State(topic, "differs", found.partitions, cure)
    if wrong := _wrong(topic.config, found.config):
        pairs = ",".join(f"{name}={topic.config[name]}" for name in wrong)
        has = ", ".join(f"{name}={(found.config or {}).get(name)}" for name in wrong)
        cure = (
            f"it has {has}; change it with Kafka's own tool: kafka-configs.sh --alter "
            f"--entity-type topics --entity-name {topic.name} --add-config {pairs}"
        )
        return State(topic, "differs", found.partitions, cure)
    return State(topic, "as declared", found.partitions)


def _wrong(wanted: Config, found: Config | None) -> list[str]:
    """Give the names that are not as wanted; what a user may not read is taken as good."""
    if found is None:
        return []
    exact = [name for name in _EXACT if name in wanted and found.get(name) != wanted[name]]
    return exact + [
        name for name in _AT_LEAST if name in wanted and int(found.get(name) or 0) < int(wanted[name])
    ]


async def inspect(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> list[State]:
    """Give how each topic stands. `connection` is for aiokafka, see `connection_of`. Raises TransportError."""
    async with _admin(bootstrap, connection) as client:
        return await _inspect(client, topics)


async def create(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> list[State]:
    """Make what is missing, change nothing that exists, and give how each topic stands. Raises TransportError."""
    async with _admin(bootstrap, connection) as client:
        states = await _inspect(client, topics)
        missing = {state.topic.name: state.topic for state in states if state.state == "missing"}
        if not missing:
            return states
        await _make(client, list(missing.values()))
        deadline = time.monotonic() + _SEEN_SECONDS
        while any(state.state == "missing" for state in states) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)  # a broker hears of a new topic a little later than the controller
            states = await _inspect(client, topics)
        return [s._replace(state="made") if s.topic.name in missing and s.is_good else s for s in states]


async def refuse_missing(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> None:
    """Raise TransportError if a worker could not use the topics, saying why and what to do."""
    bad = [state for state in await inspect(bootstrap, topics, **connection) if not state.is_good]
    if bad:
        raise TransportError("; ".join(f"topic {state.topic.name}: {state.cure}" for state in bad))


@asynccontextmanager
async def _admin(bootstrap: str, connection: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="cxstream-topics", **connection)
    try:
        await client.start()
        yield client
    except KafkaConnectionError as error:
        raise TransportError(
            f"Kafka does not answer at {bootstrap}: {error}. Is it running? (cxstream up)"
        ) from None
    except KafkaError as error:
        raise TransportError(f"Kafka at {bootstrap} refuses: {type(error).__name__} {error}") from error
    finally:
        await client.close()


async def _make(client: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    new = [NewTopic(t.name, t.partitions, t.replication, topic_configs=dict(t.config)) for t in topics]
    for name, code, *why in (await client.create_topics(new)).topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:  # someone else may make it at the same moment
            raise TransportError(
                f"Kafka does not make topic {name}: {for_code(code).__name__} {' '.join(map(str, why))}"
            )


async def _inspect(client: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[State]:
    found: dict[str, Found] = {}
    for each in await client.describe_topics([topic.name for topic in topics]):
        code = each["error_code"]
        if code == 0:
            found[each["topic"]] = Found(len(each["partitions"]))
        elif code != _UNKNOWN_TOPIC:
            found[each["topic"]] = Found(error=for_code(code).__name__)
    for name, config in (await _configs(client, [n for n in found if not found[n].error])).items():
        found[name] = found[name]._replace(config=config)
    return [judge(topic, found.get(topic.name, Found())) for topic in topics]


async def _configs(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Config]:
    """Give by topic what it is set to, without topics whose configuration this user may not read."""
    wanted = [
        ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys((*_EXACT, *_AT_LEAST)))
        for name in names
    ]
    configs: dict[str, Config] = {}
    for answer in await client.describe_configs(wanted) if wanted else ():
        for code, _, _, name, entries in answer.resources:
            if code == 0:
                configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs
