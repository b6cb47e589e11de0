"""Kafka: reachable, trusted, logged in; topics as declared; how much waits.

Clients say "unable to bootstrap" to a wrong password, a wrong authority and plaintext alike; this tells them apart.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from pipeline.cli.examine.address import SECONDS, distrusted, speaks_tls, split, unreachable
from pipeline.cli.examine.finding import Finding
from pipeline.emit.connection import connection_of
from pipeline.kafka.topics import State, declared, inspect
from pipeline.settings import Settings

_PATIENCE = 10.0
"""Seconds for all that is asked of a broker that answers."""


def kafka(settings: Settings) -> Iterator[Finding]:
    """Findings about the brokers, the topics and the lag; what rests on something wrong is left out."""
    problem = _server(settings)
    yield problem or Finding("kafka", "good", f"answers at {settings.kafka_bootstrap}")
    if problem:
        return
    try:
        states, waiting = asyncio.run(asyncio.wait_for(_contents(settings), _PATIENCE))
    except (KafkaError, OSError, TimeoutError) as error:
        yield Finding(
            "kafka", "wrong", f"does not answer questions: {type(error).__name__} {error}", "see its log"
        )
        return
    for state in states:
        yield _topic(state)
    yield _lag(settings, waiting)


def _server(settings: Settings) -> Finding | None:
    """What is wrong with reaching the first bootstrap address, None where nothing is."""
    try:
        host, port = split(settings.kafka_bootstrap.split(",")[0])
    except ValueError as error:
        return Finding("kafka", "wrong", str(error), "set kafka_bootstrap to host:port, with commas between")
    if why := unreachable(host, port):
        return Finding("kafka", "wrong", why, "start it (here: cxstream up), or set kafka_bootstrap")
    if settings.kafka_tls and (why := distrusted(host, port, settings)):
        return Finding("kafka", "wrong", why, "set kafka_tls and kafka_tls_ca_file to what this listener has")
    if why := asyncio.run(_refused(settings, host, port)):
        if not settings.kafka_tls and speaks_tls(host, port):
            return Finding(
                "kafka", "wrong", f"{host}:{port} speaks TLS, and kafka_tls is false", "set kafka_tls = true"
            )
        cure = "check kafka_sasl_mechanism, kafka_user and kafka_password, and the listener's own settings"
        return Finding("kafka", "wrong", f"{host}:{port} refuses: {why}", cure)
    return None


async def _refused(settings: Settings, host: str, port: int) -> str:
    """Why a client cannot log in and ask for the cluster, "" where it can."""
    try:
        milliseconds = int(SECONDS * 1000)
        (await create_conn(host, port, request_timeout_ms=milliseconds, **connection_of(settings))).close()
        async with asyncio.timeout(SECONDS):
            admin = _admin(settings)
            try:
                await admin.start()
            finally:
                await admin.close()
    except (KafkaError, OSError, TimeoutError) as error:
        return f"{type(error).__name__} {error}".strip()
    return ""


def _admin(settings: Settings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings))


async def _contents(settings: Settings) -> tuple[list[State], Counter[str]]:
    """How the topics stand, and records by topic that the group has not acknowledged."""
    states = await inspect(settings.kafka_bootstrap, declared(settings), **connection_of(settings))
    partitions = [
        TopicPartition(one.topic.name, number) for one in states for number in range(one.partitions)
    ]
    admin, consumer = (
        _admin(settings),
        AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings)),
    )
    try:
        await asyncio.gather(admin.start(), consumer.start())
        committed = await _committed(admin, settings.kafka_group)
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    waiting: Counter[str] = Counter()
    for one in partitions:
        read = committed[one].offset if one in committed and committed[one].offset >= 0 else first[one]
        waiting[one.topic] += max(end[one] - read, 0)
    return states, waiting


async def _committed(admin: AIOKafkaAdminClient, group: str) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """What the group has acknowledged. A new cluster has no coordinator until the first time one asks."""
    while True:
        try:
            committed: Mapping[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
                group
            )
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(0.5)
        else:
            return committed


def _topic(state: State) -> Finding:
    what = f"topic {state.topic.name}"
    if state.is_good:
        return Finding(what, "good", f"{state.partitions} partitions")
    return Finding(what, "wrong", f"{state.state}: {state.partitions} partitions", state.cure)


def _lag(settings: Settings, waiting: Counter[str]) -> Finding:
    found = ", ".join(f"{topic} {number:,}" for topic, number in waiting.items() if number) or "nothing waits"
    others = waiting.total() - waiting[settings.stitch_topic]
    if (
        not others and waiting[settings.stitch_topic] <= settings.stitch_partitions
    ):  # a watermark on its way to each
        return Finding("lag", "good", found)
    return Finding(
        "lag",
        "attention",
        f"records that wait: {found}",
        f"fine while it shrinks; else see the workers of {settings.kafka_group}",
    )
