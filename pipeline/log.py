"""Logs: one line per event on standard error, for people on a terminal and as JSON everywhere else.

What comes in: structlog's events and, from libraries, the standard library's records. Personal identifiers are
hashed before anything logs them; a secret shows only stars.
"""

import logging
import re
import sys
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

Format = Literal["auto", "console", "json"]

_PLACE: Final = re.compile(r"^\[\^.*?\]: ")
NOISY = ("aiokafka", "faust", "mode", "clickhouse_driver")
"""Libraries that narrate; only their warnings are kept."""


def configure(form: Format = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs, libraries' included, to a stream; standard error unless said otherwise. Can be called again."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _plainly],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # so that it can be configured again
    )


def _plainly(_: object, __: str, said: EventDict) -> EventDict:
    """Say who speaks: Faust begins its events with a place in its tree, and its loggers are named for a base class."""
    said["event"] = _PLACE.sub("", str(said["event"]))
    if said.get("logger") == "abc":
        said["logger"] = "faust"
    return said


def _rendering(form: Format, stream: TextIO) -> list[Processor]:
    """The last steps. Tracebacks go without local variables, which may hold personal data."""
    if form == "console" or (form == "auto" and stream.isatty()):
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(tracebacks),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
