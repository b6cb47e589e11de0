"""`cxstream export`."""


def export() -> None:
    """Show the newest values of some metrics to Prometheus.

    Reads the views as the analyst, every export_seconds, and serves gauges on telemetry_host and export_port: of each metric in
    export_metrics, over all channels and by channel, the newest window that is final and the newest that is not, with its n and
    its start. Never more than export_series combinations: what is beyond is dropped and counted. When reads fail for a minute
    (and two reads' time), no values are shown. Run one, however many workers there are; a second one shows the same again.

    Examples:
      cxstream export
      CXSTREAM_EXPORT_METRICS=nps,csat CXSTREAM_EXPORT_WINDOW_MINUTES=1440 cxstream export
    """
    import signal  # noqa: PLC0415 - help is quick without
    from contextlib import closing  # noqa: PLC0415
    from threading import Event  # noqa: PLC0415

    from pipeline import log  # noqa: PLC0415
    from pipeline.exporter import Exporter, ReadHealth  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415
    from pipeline.store.connect import server_of  # noqa: PLC0415
    from pipeline.store.read import Reader  # noqa: PLC0415
    from pipeline.telemetry import Telemetry  # noqa: PLC0415
    from pipeline.telemetry.server import TelemetryServer  # noqa: PLC0415

    settings = Settings.load()
    log.configure(settings.log_format, settings.log_level)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    health = ReadHealth(settings.export_seconds)
    telemetry = Telemetry(health)
    with closing(Reader(server_of(settings, "analyst"))) as reader:
        exporter = Exporter(settings, reader, telemetry, health)
        with TelemetryServer(telemetry, settings.telemetry_host, settings.export_port):
            exporter.run(stopping, settings.export_seconds)
