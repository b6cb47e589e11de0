"""How emitters reach Kafka: the settings in aiokafka's words, and its failures in ours.

What comes in: settings. What goes out: keyword arguments, or an EmitError that says what to do.
"""

import ssl
from typing import Any, Final

import aiokafka
from aiokafka.errors import KafkaError

from pipeline.settings import Settings

GIVE_UP_MS: Final = 30_000
"""After so long without an acknowledgement a batch has failed."""


class EmitError(RuntimeError):
    """Records did not reach Kafka."""


def connection_of(settings: Settings) -> dict[str, Any]:
    """Give what aiokafka needs beside the bootstrap servers."""
    login = settings.kafka_sasl_mechanism != "none"
    protocol = ("SASL_" if login else "") + ("SSL" if settings.kafka_tls else "PLAINTEXT")
    connection: dict[str, Any] = {"security_protocol": protocol}
    if settings.kafka_tls:
        authority = str(settings.kafka_tls_ca_file) if settings.kafka_tls_ca_file else None
        connection["ssl_context"] = ssl.create_default_context(cafile=authority)
    if login:
        connection["sasl_mechanism"] = settings.kafka_sasl_mechanism
        connection["sasl_plain_username"] = settings.kafka_user
        connection["sasl_plain_password"] = settings.kafka_password.reveal()
    return connection


def refuse_internal(topic: str, settings: Settings) -> None:
    """Refuse to publish to a topic that the pipeline keeps for itself. Raises EmitError."""
    if topic in {settings.stitch_topic, settings.watch_topic}:
        raise EmitError(
            f"{topic} is a topic that workers keep for themselves: publish to {', '.join(settings.source_topics)}"
        )


async def started(bootstrap: str, **options: Any) -> Any:
    """Give a started aiokafka producer that waits for all in-sync replicas. Raises EmitError."""
    # Not idempotent: aiokafka would then retry for ever when Kafka stays away. Copies count once anyway, and a
    # partition's order holds since only one of its batches is on its way at a time.
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        compression_type="zstd",
        max_request_size=8 << 20,
        request_timeout_ms=GIVE_UP_MS,
        **options,
    )
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        raise EmitError(
            f"cannot reach Kafka at {bootstrap} ({type(error).__name__}): is it up? `cxstream doctor` tells more"
        ) from None  # aiokafka's forty lines would hide it
    return producer


async def partitions_of(producer: Any, topic: str) -> int:
    """Give the number of a topic's partitions. Raises EmitError."""
    # aiokafka itself would look for a missing topic for as long as a request may take.
    producer.client.add_topic(topic)
    await producer.client.force_metadata_update()
    partitions = producer.client.cluster.partitions_for_topic(topic)
    if not partitions:
        raise EmitError(f"Kafka has no topic {topic}: `cxstream topics` makes the declared ones")
    return len(partitions)
