"""Kafka: reachable, trusted, logged in; topics as declared; what waits in them.

Clients say "unable to bootstrap" to a wrong password, a wrong authority and plaintext alike; this tells them apart.
"""

import asyncio
from collections.abc import Iterator

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError

from pipeline.cli.examine.address import SECONDS, distrusted, speaks_tls, split, unreachable
from pipeline.cli.examine.finding import Finding
from pipeline.cli.examine.lag import Lag, finding, lag
from pipeline.emit.connection import connection_of
from pipeline.kafka.topics import State, declared, inspect
from pipeline.settings import Settings

_SILENT = "it does not answer"
_PATIENCE = 15.0
"""Seconds for all that is asked of a broker that answers."""


def kafka(settings: Settings) -> Iterator[Finding]:
    """Findings about the brokers, the topics and the lag; what rests on something wrong is left out."""
    problem = _server(settings)
    yield problem or Finding("kafka", "good", f"answers at {settings.kafka_bootstrap}")
    if problem:
        return
    try:
        states, looked = asyncio.run(asyncio.wait_for(_contents(settings), _PATIENCE))
    except (KafkaError, OSError, TimeoutError) as error:
        yield Finding(
            "kafka", "wrong", f"does not answer questions: {type(error).__name__} {error}", "see its log"
        )
        return
    for state in states:
        yield _topic(state)
    yield finding(settings, looked)


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
    why = asyncio.run(_refused(settings, host, port))
    return _unusable(settings, host, port, why) if why else None


def _unusable(settings: Settings, host: str, port: int, why: str) -> Finding:
    """What it means that no client gets through, where something listens."""
    if not settings.kafka_tls and speaks_tls(host, port):
        found = f"{host}:{port} speaks TLS, and kafka_tls is false"
        return Finding("kafka", "wrong", found, "set kafka_tls = true")
    if why == _SILENT:
        found = f"{host}:{port} takes connections and does not answer within {SECONDS:.0f} s"
        return Finding("kafka", "wrong", found, "it hangs, or is no Kafka: see its log, or start it again")
    cure = "check kafka_sasl_mechanism, kafka_user and kafka_password, and the listener's own settings"
    return Finding("kafka", "wrong", f"{host}:{port} refuses: {why}", cure)


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
    except TimeoutError:
        return _SILENT
    except (KafkaError, OSError) as error:
        return f"{type(error).__name__} {error}".strip()
    return ""


def _admin(settings: Settings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap, **connection_of(settings))


async def _contents(settings: Settings) -> tuple[list[State], Lag]:
    """How the topics stand, and what waits in them."""
    states = await inspect(settings.kafka_bootstrap, declared(settings), **connection_of(settings))
    partitions = [
        TopicPartition(one.topic.name, number) for one in states for number in range(one.partitions)
    ]
    return states, await lag(settings, partitions)


def _topic(state: State) -> Finding:
    what = f"topic {state.topic.name}"
    if state.is_good:
        return Finding(what, "good", f"{state.partitions} partitions")
    return Finding(what, "wrong", f"{state.state}: {state.partitions} partitions", state.cure)
