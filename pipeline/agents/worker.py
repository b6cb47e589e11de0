"""The worker: three Faust agents, what they write to, and who looks after them. All wiring is here.

interactions.* ──► admit ──► stitch topic ──► stitch ──► ClickHouse ◄── watch
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

import faust
import structlog

from pipeline import contract
from pipeline.agents import flush
from pipeline.agents.admit import Admit
from pipeline.agents.assignment import Limits
from pipeline.agents.blocks import place_of
from pipeline.agents.stitch import Stitch
from pipeline.agents.watch import Watch
from pipeline.agents.watermarks import Pace, Watermarks
from pipeline.core.admission import Admission
from pipeline.core.limit import RejectionLimit
from pipeline.core.meaning import DAY, MINUTE, SECOND
from pipeline.emit.connection import connection_of
from pipeline.kafka import BlockProducer, assigned, ends, flushes, lag, make_app, resting, serve
from pipeline.meaning import meaning_of
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.load import Loader
from pipeline.store.write import WriterPool
from pipeline.telemetry import Telemetry
from pipeline.telemetry.server import TelemetryServer

_TICK_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 5.0
"""How long leaving ClickHouse may take; a server that stalls is left without a word."""
_IDLE_SECONDS: Final = 5.0
"""How long it is between two words that a raw partition is idle."""
_LOOK_SECONDS: Final = 0.5
"""How long it is between two looks at what has become final. Where nothing goes on, one look decides."""

log = structlog.get_logger(__name__)


def rules_of(settings: Settings) -> contract.Rules:
    """Give the bounds that admission holds records to."""
    future, horizon = settings.future_tolerance_seconds, settings.horizon_days
    return contract.Rules(
        max_bytes=settings.max_record_bytes,
        future=None if future is None else future * SECOND,
        horizon=None if horizon is None else horizon * DAY,
    )


def _app(settings: Settings, connection: Mapping[str, Any]) -> faust.App:
    return make_app(
        settings.kafka_group,
        bootstrap=settings.kafka_bootstrap,
        aligned=settings.source_topics,
        session_timeout=settings.kafka_session_timeout_seconds,
        user=connection.get("sasl_plain_username", ""),
        password=connection.get("sasl_plain_password", ""),
        mechanism=connection.get("sasl_mechanism", ""),
        tls=connection.get("ssl_context"),
        allow_plaintext_credentials=settings.kafka_allow_plaintext_credentials,
    )


class Worker:
    """One process: an app, its agents, a producer, writers and telemetry."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._telemetry = Telemetry()
        self._contract = contract.load(
            key=settings.hmac_key(), key_id=settings.hmac_key_id, rules=rules_of(settings)
        )
        connection = connection_of(settings)
        self.app = _app(settings, connection)
        self._producer = BlockProducer(settings.kafka_bootstrap, **connection)
        server = server_of(settings, "writer")
        deadline = settings.retry_deadline_seconds
        self._writers = WriterPool(server, deadline=deadline)
        self._loader, self._watch_loader = (Loader(server, deadline=deadline) for _ in range(2))
        pace = Pace(skew=settings.watermark_skew_seconds * SECOND)
        self._watermarks = Watermarks(self._producer, settings.stitch_topic, settings.stitch_partitions, pace)
        self._sources = [
            (topic, number)
            for topic in settings.source_topics
            for number in range(settings.source_partitions)
        ]
        self._add_agents()

    def _add_agents(self) -> None:
        settings, meaning = self._settings, meaning_of(self._settings)
        admit = Admit(
            admission=partial(
                Admission, self._contract.admit, settings.stitch_partitions, reads=meaning.reads
            ),
            writer=self._writers,
            producer=self._producer,
            watermarks=self._watermarks,
            topic=settings.stitch_topic,
            limit=RejectionLimit(
                settings.rejection_ratio, settings.rejection_window_minutes * MINUTE, settings.rejection_run
            ),
            telemetry=self._telemetry,
        )
        self._stitch = Stitch(
            loader=self._loader,
            writer=self._writers,
            producer=self._producer,
            topic=settings.stitch_topic,
            watch_topic=settings.watch_topic,
            partitions=settings.stitch_partitions,
            sources=[f"{topic}/{number}" for topic, number in self._sources],
            meaning=meaning,
            telemetry=self._telemetry,
            limits=Limits(actors=max(settings.cache_actors // settings.stitch_partitions, 1)),
            passed_over=[place_of(each) for each in settings.stitch_passes_over],
        )
        self._watch = Watch(
            loader=self._watch_loader, writer=self._writers, ends=self._ends, telemetry=self._telemetry
        )
        self._agent("admit", self.app.topic(*settings.source_topics), admit)
        self._agent("stitch", self.app.topic(settings.stitch_topic), self._stitch)
        self._agent("watch", self.app.topic(settings.watch_topic), self._watch)

    def _agent(self, name: str, topic: Any, stage: Any) -> None:
        settings = self._settings

        async def agent(stream: faust.StreamT[Any]) -> None:
            records = settings.flush_messages if name == "admit" else max(settings.flush_messages // 2_000, 1)
            await flush.run(flushes(stream, records=records, linger=settings.flush_linger_seconds), stage)

        self.app.agent(topic, name=name)(agent)

    @asynccontextmanager
    async def _around(self) -> AsyncIterator[None]:
        host, port = self._settings.telemetry_host, self._settings.telemetry_port
        async with self._producer:
            with TelemetryServer(self._telemetry, host, port):
                repeated = [
                    asyncio.create_task(self._repeat(self._tick, _TICK_SECONDS)),
                    asyncio.create_task(self._repeat(self._rest, _IDLE_SECONDS)),
                    asyncio.create_task(self._repeat(self._look, _LOOK_SECONDS)),
                ]
                try:
                    yield
                finally:
                    for each in repeated:
                        each.cancel()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(asyncio.to_thread(self._close), _CLOSE_SECONDS)

    def _close(self) -> None:
        sessions = (self._writers, self._loader, self._watch_loader)
        for each in sessions:
            each.stop(within=0)
        for each in sessions:
            each.close()

    async def _ends(self) -> list[int]:
        stitch = [(self._settings.stitch_topic, number) for number in range(self._settings.stitch_partitions)]
        answered = await ends(self.app, stitch)
        return [answered[each] for each in stitch]

    async def _tick(self) -> None:
        """Tell telemetry how things stand."""
        mine = assigned(self.app)
        self._telemetry.caches(self._stitch.sizes())
        self._telemetry.lags(lag(self.app))
        self._stitch.keep([n for topic, n in mine if topic == self._settings.stitch_topic])
        topics = {topic for topic, _ in mine}
        self._telemetry.assigned({t: sum(1 for topic, _ in mine if topic == t) for t in topics})

    async def _rest(self) -> None:
        """Let idle raw partitions move on."""
        mine = assigned(self.app)
        raw = [source for source in self._sources if source in mine]
        await self._watermarks.idle(raw, partial(resting, self.app))

    async def _look(self) -> None:
        """Look at what has become final, if the group chose this worker to watch."""
        if (self._settings.watch_topic, 0) in assigned(self.app):
            await self._watch.look()
        else:
            self._watch.leave()

    async def _repeat(self, what: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do it again and again; a failure of that ends the worker like any other."""
        try:
            while True:
                await asyncio.sleep(seconds)
                await what()
        except Exception as error:
            log.exception("the worker's own work failed")
            await self.app.crash(error)

    async def run(self) -> int:
        """Run until a signal or a failure; give the exit code."""
        return await serve(self.app, self._around)
