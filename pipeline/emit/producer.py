"""Producers: send interactions one at a time, checked before they leave.

What comes in: interactions as flat JSON members. What goes out: records in Kafka, acknowledged by all in-sync replicas when
`flush` or the context manager returns; nothing that failed is passed over. A producer that dies loses what it had not flushed.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import uuid4

import msgspec

from pipeline.core.interaction import Rejection
from pipeline.emit.connection import EmitError, connection_of, partitions_of, refuse_internal, started
from pipeline.emit.key import key_of, topic_of
from pipeline.emit.verdict import RefusedError, contract_of, now_ms
from pipeline.settings import Settings

T = TypeVar("T")

_LINGER_MS: Final = 20
_encode: Final = msgspec.json.Encoder().encode


class AsyncProducer:
    """Sends interactions; an async context manager that flushes when it is left.

    Args:
        bootstrap: brokers; the settings' by default.
        settings: read from the environment by default.
        topic: where all goes; by default each source has its own, see `topic_of`.
        clock: gives the sender's time in milliseconds.

    Raises EmitError for a topic that the pipeline keeps for itself.
    """

    def __init__(
        self,
        bootstrap: str = "",
        *,
        settings: Settings | None = None,
        topic: str = "",
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._settings = settings or Settings.load()
        self._bootstrap = bootstrap or self._settings.kafka_bootstrap
        refuse_internal(topic, self._settings)
        self._topic = topic
        self._clock = clock
        self._contract = contract_of(self._settings)
        self._producer: Any = None
        self._known: set[str] = set()
        self._failure: BaseException | None = None
        self.acknowledged = 0
        """How many interactions all in-sync replicas have."""

    async def __aenter__(self) -> Self:
        self._producer = await started(
            self._bootstrap, linger_ms=_LINGER_MS, max_batch_size=256 * 1024, **connection_of(self._settings)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._producer.flush()
        finally:
            await self._producer.stop()
        if error is None:
            self._check()

    async def send(self, interaction: Mapping[str, Any]) -> str:
        """Check and send one interaction, and give its id.

        `id`, `time` and `sent_at` are set where they are absent. To send one again after a failure, give the id
        that it had: copies count once. Raises RefusedError for what the pipeline would reject, EmitError if Kafka fails.
        """
        if self._producer is None:
            raise EmitError("the producer is not open: use it in a with statement")
        self._check()
        envelope, value = self._checked(interaction)
        topic = self._topic or topic_of(str(envelope["source"]), self._settings.source_topics)
        if topic not in self._known:
            await partitions_of(self._producer, topic)
            self._known.add(topic)
        sent = await self._producer.send(topic, value, key=key_of(envelope))
        sent.add_done_callback(self._done)
        return str(envelope["id"])

    async def flush(self) -> None:
        """Wait until Kafka has all that was sent. Raises EmitError for what it did not take."""
        await self._producer.flush()
        self._check()

    def _checked(self, interaction: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        now = self._clock()
        envelope: dict[str, Any] = {"id": str(uuid4()), "time": now, "sent_at": now, **interaction}
        value = _encode(envelope)
        verdict = self._contract.admit(value, (), now)
        if isinstance(verdict, Rejection):
            raise RefusedError(verdict)
        return envelope, value

    def _done(self, sent: "asyncio.Future[Any]") -> None:
        failure = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if failure is None:
            self.acknowledged += 1
        else:
            self._failure = self._failure or failure

    def _check(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise EmitError(
                f"Kafka did not take an interaction, {self.acknowledged} before it: {failure!r}"
            ) from failure


class Producer:
    """The same without async: it runs an AsyncProducer in a thread of its own. Takes the same arguments."""

    def __init__(
        self,
        bootstrap: str = "",
        *,
        settings: Settings | None = None,
        topic: str = "",
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._inner = AsyncProducer(bootstrap, settings=settings, topic=topic, clock=clock)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cxstream-producer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._run(self._inner.__aenter__())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run(self._inner.__aexit__(kind, error, trace))
        finally:
            self._stop()

    @property
    def acknowledged(self) -> int:
        """How many interactions all in-sync replicas have."""
        return self._inner.acknowledged

    def send(self, interaction: Mapping[str, Any]) -> str:
        """Check and send one interaction, and give its id: see AsyncProducer.send."""
        if not self._thread.is_alive():
            raise EmitError("the producer is not open: use it in a with statement")
        return self._run(self._inner.send(interaction))

    def flush(self) -> None:
        """Wait until Kafka has all that was sent. Raises EmitError for what it did not take."""
        self._run(self._inner.flush())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
