"""`cxstream worker`."""

import sys


def worker() -> None:
    """Run a worker: admit and stitch. Any number of them share the partitions.

    Examples:
        cxstream worker
        CXSTREAM_KAFKA_BOOTSTRAP=kafka:9092 cxstream worker
    """
    import asyncio  # noqa: PLC0415 - help is quick without

    from pipeline import log  # noqa: PLC0415
    from pipeline.agents.worker import Worker  # noqa: PLC0415
    from pipeline.kafka.topics import declared, refuse_missing  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    async def run() -> int:
        await refuse_missing(settings.kafka_bootstrap, declared(settings))
        return await Worker(settings).run()  # aiokafka wants the running loop

    settings = Settings.load()
    log.configure(settings.log_format, settings.log_level)
    sys.exit(asyncio.run(run()))
