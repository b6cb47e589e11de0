"""The block producer: acks from all replicas, compressed, with a deadline."""

from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer


class BlockProducer:
    """Sends records to partitions that the caller chooses. An async context manager."""

    def __init__(self, bootstrap: str, **connection: Any) -> None:
        """`connection` is for aiokafka: security protocol, credentials, TLS."""
        # Not idempotent: aiokafka would then retry for ever when Kafka stays away. A block that comes twice tells
        # actors nothing new, and their order does not matter.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            compression_type="zstd",
            max_batch_size=1 << 20,
            max_request_size=8 << 20,
            request_timeout_ms=60_000,
            **connection,
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()

    async def send(self, topic: str, partition: int, value: bytes) -> int:
        """Send a record; give the broker's append time in ms once all replicas have it."""
        sent = await self._producer.send(topic, value, partition=partition)
        metadata = await sent
        timestamp: int = metadata.timestamp
        return timestamp
