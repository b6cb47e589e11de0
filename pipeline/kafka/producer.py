"""The block producer: acks from all replicas, compressed, with a deadline."""

import ssl
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer


class BlockProducer:
    """Sends records to partitions that the caller chooses. An async context manager."""

    def __init__(
        self,
        bootstrap: str,
        *,
        user: str = "",
        password: str = "",
        mechanism: str = "PLAIN",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        protocol = ("SASL_" if user else "") + ("SSL" if tls is not None else "PLAINTEXT")
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=0,
            max_batch_size=1 << 20,
            max_request_size=8 << 20,
            request_timeout_ms=60_000,
            security_protocol=protocol,
            sasl_mechanism=mechanism or "PLAIN",
            sasl_plain_username=user or None,
            sasl_plain_password=password or None,
            ssl_context=tls,
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
