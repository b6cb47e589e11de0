"""Topics: what is declared, what there is, and how to bring the two together.

What comes in: the settings. What goes out: topics with declared partitions. A count is never changed silently: actors
live in partitions, so another count is another epoch.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError

from pipeline.kafka.transport import TransportError
from pipeline.settings import Settings

_BLOCK_BYTES: Final = 8 << 20
_TIMESTAMP: Final = "message.timestamp.type"


class Topic(NamedTuple):
    """A declared topic."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


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


def declared(settings: Settings) -> tuple[Topic, ...]:
    """Give the topics that a worker needs. The broker's clock stamps them: only it is believed."""
    replication = settings.topic_replication
    stamped = {_TIMESTAMP: "LogAppendTime"}
    if replication > 1:
        stamped |= {"min.insync.replicas": str(replication - 1), "unclean.leader.election.enable": "false"}
    sources = [
        Topic(name, settings.source_partitions, replication, stamped) for name in settings.source_topics
    ]
    blocks = {**stamped, "retention.ms": "-1", "max.message.bytes": str(_BLOCK_BYTES)}
    return (*sources, Topic(settings.stitch_topic, settings.stitch_partitions, replication, blocks))


@asynccontextmanager
async def _admin(bootstrap: str, connection: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="cxstream-topics", **connection)
    try:
        await client.start()
    except KafkaConnectionError as error:
        raise TransportError(
            f"Kafka does not answer at {bootstrap}: {error}. Is it running? (cxstream up)"
        ) from None
    try:
        yield client
    finally:
        await client.close()


async def inspect(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> list[State]:
    """Give how each topic stands. Raises TransportError."""
    async with _admin(bootstrap, connection) as client:
        return await _inspect(client, topics)


async def create(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> list[State]:
    """Make what is missing, change nothing that exists, and give how each topic stands. Raises TransportError."""
    async with _admin(bootstrap, connection) as client:
        missing = [state.topic for state in await _inspect(client, topics) if state.state == "missing"]
        if missing:
            new = [
                NewTopic(t.name, t.partitions, t.replication, topic_configs=dict(t.config)) for t in missing
            ]
            try:
                await client.create_topics(new)
            except KafkaError as error:
                raise TransportError(f"Kafka does not make the topics: {error}") from error
        made = {topic.name for topic in missing}
        states = await _inspect(client, topics)
        return [s._replace(state="made") if s.topic.name in made and s.is_good else s for s in states]


async def refuse_missing(bootstrap: str, topics: Sequence[Topic], **connection: Any) -> None:
    """Raise TransportError if a worker could not use the topics, saying why and what to do."""
    bad = [state for state in await inspect(bootstrap, topics, **connection) if not state.is_good]
    if bad:
        raise TransportError("; ".join(f"topic {state.topic.name}: {state.cure}" for state in bad))


async def _inspect(client: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[State]:
    found = {
        each["topic"]: len(each["partitions"])
        for each in await client.describe_topics([topic.name for topic in topics])
        if each["error_code"] == 0
    }
    clocks = await _clocks(client, list(found))
    return [_state(topic, found.get(topic.name, 0), clocks.get(topic.name, "")) for topic in topics]


async def _clocks(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, str]:
    """Give by topic whose clock stamps its records."""
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name, configs={_TIMESTAMP: None}) for name in names]
    clocks: dict[str, str] = {}
    for answer in await client.describe_configs(wanted) if wanted else ():
        for _, _, _, name, entries in answer.resources:
            clocks.update((name, entry[1]) for entry in entries if entry[0] == _TIMESTAMP)
    return clocks


def _state(topic: Topic, partitions: int, clock: str) -> State:
    if not partitions:
        return State(topic, "missing", 0, "it does not exist; make it with: cxstream topics")
    if partitions != topic.partitions:
        cure = (
            f"it has {partitions} partitions and {topic.partitions} are declared; set the number that it has"
        )
        return State(topic, "differs", partitions, cure)
    if clock != topic.config[_TIMESTAMP]:
        cure = f"its records are stamped by {clock}; set {_TIMESTAMP}={topic.config[_TIMESTAMP]}"
        return State(topic, "differs", partitions, cure)
    return State(topic, "as declared", partitions)
