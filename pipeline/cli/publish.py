"""`cxstream publish`: send the interactions of a file to Kafka, as they are."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Final, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from pipeline.core.interaction import Rejection
from pipeline.emit.bulk import BulkPublisher
from pipeline.emit.connection import connection_of, refuse_internal
from pipeline.emit.key import topic_of
from pipeline.emit.lines import Line, chunks_of, line_of, open_lines
from pipeline.emit.verdict import contract_of, now_ms
from pipeline.settings import Settings

_TICK_SECONDS: Final = 0.2
_SHOWN: Final = 5
"""Refused lines that are explained; `cxstream check` explains all."""


class Outgoing(NamedTuple):
    """A line on its way."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def publish(
    file: Annotated[str, typer.Argument(help="A file with an interaction a line; - reads standard input.")],
    *,
    topic: Annotated[
        str, typer.Option(help="Where all goes; by default each source has its own topic.")
    ] = "",
    raw: Annotated[
        bool, typer.Option("--raw", help="Send everything, also what the pipeline will reject.")
    ] = False,
) -> None:
    """Send the interactions of a file to Kafka, byte for byte.

    Lines are flat JSON or structured CloudEvents. What the pipeline would reject is not sent, unless --raw; then the exit
    code is 1. Sending a file again changes no result.

    Examples:
      cxstream publish orders.ndjson
      shuf orders.ndjson | cxstream publish -
      tail -f orders.ndjson | cxstream publish - --topic interactions.web
    """
    settings = Settings.load()
    publication = Publication(settings, topic, raw=raw)
    began = time.monotonic()
    with _progress(file) as progress:
        asyncio.run(publication.run(file, progress))
    seconds = max(time.monotonic() - began, 1e-6)
    typer.echo(
        f"sent {publication.sent:,} in {seconds:.1f} s ({publication.sent / seconds:,.0f}/s), {publication.refusals()}"
    )
    raise typer.Exit(1 if publication.refused else 0)


class Publication:
    """The sending of one file, and its counts."""

    def __init__(self, settings: Settings, topic: str, *, raw: bool) -> None:
        self._settings = settings
        refuse_internal(topic, settings)
        self._topic = topic
        self._contract = None if raw else contract_of(settings)
        self._number = 0
        self._read = 0
        self.sent = 0
        self.refused: Counter[str] = Counter()
        """By reason."""

    async def run(self, file: str, progress: "Shown") -> None:
        """Send all lines, and wait until Kafka has them. Raises EmitError."""
        connection = connection_of(self._settings)
        try:
            with open_lines(file) as stream:
                async with BulkPublisher(self._settings.kafka_bootstrap, **connection) as bulk:
                    await self._send(stream, bulk, progress)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        self.sent = bulk.acknowledged

    async def _send(self, stream: BinaryIO, bulk: BulkPublisher, progress: "Shown") -> None:
        """Send all lines. A failure while a pipe is silent ends it too."""
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(self._tick(bulk, progress))
            async for lines in chunks_of(stream):
                for value in lines:
                    if (record := self._outgoing(line_of(value))) is not None:
                        await bulk.add(record)
                self._read += sum(map(len, lines)) + len(lines)
            ticking.cancel()

    async def _tick(self, bulk: BulkPublisher, progress: "Shown") -> None:
        """Send what waits for a fuller batch, and show the counts, a few times a second."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            await bulk.flush()
            progress.show(self._read, bulk.acknowledged, self.refused.total())

    def refusals(self) -> str:
        """Say how many were refused, and why."""
        by_reason = ", ".join(f"{reason} {count}" for reason, count in self.refused.most_common())
        return f"refused {self.refused.total():,}" + (f" ({by_reason})" if by_reason else "")

    def _outgoing(self, line: Line) -> Outgoing | None:
        self._number += 1
        if self._contract is not None:
            verdict = self._contract.admit(line.value, line.headers, now_ms())
            if isinstance(verdict, Rejection):
                self._refuse(verdict)
                return None
        topic = self._topic or topic_of(line.source, self._settings.source_topics)
        return Outgoing(topic, line.key, line.value, line.headers)

    def _refuse(self, verdict: Rejection) -> None:
        self.refused[verdict.reason] += 1
        if self.refused.total() <= _SHOWN:
            typer.echo(
                f"record {self._number}: {verdict.reason} at {verdict.path}: {verdict.detail}", err=True
            )


class Shown:
    """What a person sees while it runs; nothing where nobody looks."""

    def __init__(self, bar: Progress | None, total: int | None) -> None:
        self._bar = bar
        self._task = bar.add_task("publishing", total=total, sent=0, refused=0) if bar else None

    def show(self, read: int, sent: int, refused: int) -> None:
        """Show how many bytes were read, and the counts so far."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=read, sent=sent, refused=refused)


@contextmanager
def _progress(file: str) -> Iterator[Shown]:
    """A bar on a terminal, by the size of the file where it has one."""
    if not sys.stderr.isatty():
        yield Shown(None, None)
        return
    path = Path(file)
    total = path.stat().st_size if path.is_file() else None
    counts = TextColumn("sent {task.fields[sent]:,}  refused {task.fields[refused]:,}")
    columns = (SpinnerColumn(), BarColumn(), DownloadColumn(), counts, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Shown(bar, total)
