"""`cxstream worker`."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pipeline.settings import Settings


def worker() -> None:
    """Run a worker: admit and stitch. Any number of them share the partitions.

    Ends with exit code 0 after SIGTERM or Ctrl-C, within 20 seconds; not 0 if Kafka or ClickHouse stay away for longer
    than retry_deadline_seconds. What was not acknowledged is read again by the next one. Where the usual telemetry port is
    taken another is used, as the log says; a telemetry_port that was set has to be free.

    Examples:
      cxstream worker
      CXSTREAM_KAFKA_BOOTSTRAP=kafka:9092 cxstream worker
    """
    import asyncio  # noqa: PLC0415 - help is quick without

    from pipeline import log  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415
    from pipeline.settings.load import load  # noqa: PLC0415

    loaded = load(Settings)
    log.configure(loaded.settings.log_format, loaded.settings.log_level)
    asyncio.run(_run(loaded.settings, loaded.given_by("telemetry_port")))


async def _run(settings: "Settings", port_given_by: str) -> NoReturn:
    """Refuse to start without topics and tables; then run until a signal or a failure."""
    from pipeline.emit.connection import connection_of  # noqa: PLC0415
    from pipeline.kafka.topics import declared, refuse_missing  # noqa: PLC0415
    from pipeline.store.connect import server_of  # noqa: PLC0415
    from pipeline.store.migrate import refuse_unready  # noqa: PLC0415

    await refuse_missing(settings.kafka_bootstrap, declared(settings), **connection_of(settings))
    refuse_unready(server_of(settings, "writer"))
    code = await _work(settings, port_given_by)
    sys.stderr.flush()
    # A thread may wait for a server that stalls, and the interpreter would wait for the thread. What was not
    # acknowledged is read again.
    os._exit(code)


async def _work(settings: "Settings", port_given_by: str) -> int:
    """Run until a signal or a failure; give the exit code. Raises SettingsError if a port that was given is taken."""
    import structlog  # noqa: PLC0415 - help is quick without
    from msgspec.structs import replace  # noqa: PLC0415

    from pipeline.agents.worker import Worker  # noqa: PLC0415
    from pipeline.settings import SettingsError  # noqa: PLC0415
    from pipeline.telemetry.server import PortTakenError  # noqa: PLC0415

    try:
        return await Worker(settings).run()  # aiokafka wants the running loop
    except PortTakenError as error:
        if port_given_by:
            fault = f"telemetry_port = {settings.telemetry_port} (from {port_given_by}): {error}"
            raise SettingsError([fault]) from None
    log = structlog.get_logger(__name__)
    log.warning("the telemetry port is taken: a free one is used", taken=settings.telemetry_port)
    return await Worker(replace(settings, telemetry_port=0)).run()
