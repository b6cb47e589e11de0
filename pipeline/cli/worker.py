"""`cxstream worker`."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pipeline.settings import Settings


def worker() -> None:
    """Run a worker: admit and stitch. Any number of them share the partitions.

    Ends with exit code 0 after SIGTERM or Ctrl-C, within 20 seconds; not 0 if Kafka or ClickHouse stay away for longer
    than retry_deadline_seconds. What was not acknowledged is read again by the next one.

    Examples:
      cxstream worker
      CXSTREAM_KAFKA_BOOTSTRAP=kafka:9092 cxstream worker
    """
    import asyncio  # noqa: PLC0415 - help is quick without

    from pipeline import log  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    log.configure(settings.log_format, settings.log_level)
    asyncio.run(_run(settings))


async def _run(settings: "Settings") -> NoReturn:
    """Refuse to start without topics and tables; then run until a signal or a failure."""
    from pipeline.agents.worker import Worker  # noqa: PLC0415 - help is quick without
    from pipeline.emit.connection import connection_of  # noqa: PLC0415
    from pipeline.kafka.topics import declared, refuse_missing  # noqa: PLC0415
    from pipeline.store.connect import server_of  # noqa: PLC0415
    from pipeline.store.migrate import refuse_unready  # noqa: PLC0415

    await refuse_missing(settings.kafka_bootstrap, declared(settings), **connection_of(settings))
    refuse_unready(server_of(settings, "writer"))
    code = await Worker(settings).run()  # aiokafka wants the running loop
    sys.stderr.flush()
    # A thread may wait for a server that stalls, and the interpreter would wait for the thread. What was not
    # acknowledged is read again.
    os._exit(code)
