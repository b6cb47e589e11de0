"""A Faust app whose streams carry slices. The only place that builds one.

What comes in: where the brokers are and which topics are read. What goes out: an app without tables, without a web
server, which ends the process when an agent fails.
"""

import asyncio
import ssl
from collections.abc import Callable, Collection
from importlib.metadata import version
from typing import Any, Final

import faust
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.serializers.schemas import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import CrashingSupervisor
from yarl import URL

from pipeline.kafka.consumer import BatchConsumer

TESTED: Final = "0.15.3"
"""The version of faust-streaming whose semi-private parts the batch consumer was tested with."""

_ANSWER_SECONDS: Final = 10.0
"""How long brokers may take to say where a log ends."""


class TransportError(Exception):
    """The transport cannot be used as asked; the message names the cause and the way out."""


class _BatchSchema(Schema):  # type: ignore[type-arg]  # generic only for type checkers
    """Hands the slice to the agent as it is."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Any]:
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001 - Faust passes it
            return create_event(None, message.value, message.headers, message)

        return decode


class _App(faust.App):
    """An app that keeps nothing on disk: Faust would make its directories at start."""

    def _create_directories(self) -> None:
        pass


def _transport(bootstrap: str, app: faust.App, aligned: Collection[str]) -> driver.Transport:
    consumer = type("AlignedConsumer", (BatchConsumer,), {"aligned": frozenset(aligned)})
    kind = type("BatchTransport", (driver.Transport,), {"Consumer": consumer})
    transport: driver.Transport = kind([URL(f"kafka://{each}") for each in bootstrap.split(",")], app)
    return transport


def make_app(  # noqa: PLR0913 - each is a setting of its own
    name: str,
    *,
    bootstrap: str,
    session_timeout: float = 30.0,
    commit_interval: float = 1.0,
    queue: int = 8,
    aligned: Collection[str] = (),
    user: str = "",
    password: str = "",
    mechanism: str = "",
    tls: ssl.SSLContext | None = None,
    allow_plaintext_credentials: bool = False,
) -> faust.App:
    """Make an app for `stream_of`. `name` is the consumer group; `queue` slices wait for an agent at most.

    Of the `aligned` topics a backlog is delivered in the order in which the broker took it, over all partitions.

    Raises:
        TransportError: another version of Faust, or a password without TLS.
    """
    found = version("faust-streaming")
    if found != TESTED:
        raise TransportError(
            f"the batch transport is tested with faust-streaming {TESTED}, and this is {found}"
        )
    if user and tls is None and not allow_plaintext_credentials:
        raise TransportError(
            "a Kafka password without TLS is refused: set kafka_tls, or allow it for development"
        )
    credentials = driver_credentials(user, password, mechanism, tls)
    app = _App(
        name,
        broker=[URL(f"kafka://{each}") for each in bootstrap.split(",")],
        broker_credentials=credentials,
        broker_session_timeout=session_timeout,
        broker_heartbeat_interval=session_timeout / 3,
        broker_request_timeout=max(session_timeout, 60.0),
        broker_commit_interval=commit_interval,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        producer_request_timeout=60.0,
        store="memory://",
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_buffer_maxsize=queue,
        stream_wait_empty=False,
        agent_supervisor=CrashingSupervisor,
        web_enabled=False,
        Schema=_BatchSchema,
    )
    app.transport = _transport(bootstrap, app, aligned)
    return app


def driver_credentials(user: str, password: str, mechanism: str, tls: ssl.SSLContext | None) -> Any:
    """Give Faust's credentials for what is set; None for a plain connection."""
    if user:
        return faust.SASLCredentials(username=user, password=password, mechanism=mechanism, ssl_context=tls)
    return faust.SSLCredentials(tls) if tls is not None else None


async def resting(app: faust.App, partitions: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Give the partitions of which the brokers, asked now, have nothing that is not acknowledged; none if they do not answer."""
    consumer = app.consumer
    if not isinstance(consumer, BatchConsumer):
        return set()
    done = {each: consumer.acknowledged(TP(*each)) for each in partitions}
    quiet = [each for each, offset in done.items() if offset is not None]
    try:
        end = await ends(app, quiet)
    except TransportError:
        return set()
    return {each for each in quiet if end[each] == done[each]}


async def ends(app: faust.App, partitions: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Give the offset after the last record of each partition, as their leaders say now.

    Raises:
        TransportError: they do not say so in time.
    """
    if not partitions:
        return {}
    try:
        asked = app.consumer.highwaters(*(TP(*each) for each in partitions))
        answered = await asyncio.wait_for(asked, _ANSWER_SECONDS)
    except (KafkaError, TimeoutError, ConsumerNotStarted) as error:
        raise TransportError(f"no end offsets: {type(error).__name__} {error}") from error
    return {(tp.topic, tp.partition): end for tp, end in answered.items()}


def assigned(app: faust.App) -> set[tuple[str, int]]:
    """Give the partitions that this worker reads; none before its consumer has started."""
    try:
        return {(tp.topic, tp.partition) for tp in app.consumer.assignment()}
    except ConsumerNotStarted:
        return set()


def lag(app: faust.App) -> dict[tuple[str, int], int]:
    """Give the unacknowledged records by partition."""
    consumer = app.consumer
    return (
        {(tp.topic, tp.partition): n for tp, n in consumer.lag().items()}
        if isinstance(consumer, BatchConsumer)
        else {}
    )
