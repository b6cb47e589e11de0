"""What the demo shows, one part after the other.

What goes out: text on standard output; 0 if all that was compared is equal, else 1.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from pipeline.cli.demo_metrics import metrics_table
from pipeline.cli.demonstration import Demonstration, Reading
from pipeline.cli.reading import Answer
from pipeline.cli.spark import PROVISIONAL, TOO_FEW
from pipeline.cli.story import Story
from pipeline.cli.timeline import show as show_story
from pipeline.cli.who import resolve
from pipeline.local.demo.shop import Shop
from pipeline.local.emptied import emptied
from pipeline.local.process import LocalServerError
from pipeline.local.stack import LocalStack, running
from pipeline.meaning import meaning_of
from pipeline.store.connect import server_of
from pipeline.verify import verify

_PIPE_COLUMNS: Final = 120


class Choices(NamedTuple):
    """What was asked for."""

    interactions: int
    seed: int
    directory: Path
    again: bool
    kill: bool


def show(choices: Choices) -> int:
    """Run the demo; give the exit code."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)
    if running(choices.directory) is not None:
        raise LocalServerError(f"a stack runs in {choices.directory}; another demo?")
    emptied(choices.directory)
    began = time.monotonic()
    with LocalStack(choices.directory) as stack:
        stack.start_worker()
        console.print(f"Kafka and ClickHouse are up ({time.monotonic() - began:.1f} s).")
        shop = Shop(choices.seed, int(time.time() * 1000) - 60_000, choices.interactions)
        records = list(shop.records())
        console.print(f"A shop's three weeks: {len(records):,} records ({time.monotonic() - began:.1f} s).")
        demonstration = Demonstration(stack, console)
        seconds = asyncio.run(demonstration.run(records, title="Through the pipeline"))
        console.print(f"{len(records):,} records in {seconds:.1f} s: {len(records) / seconds:,.0f} a second.")
        good = _show_tables(demonstration, shop)
        good &= _compare(demonstration)
        if choices.again:
            good &= _publish_again(demonstration, records)
        if choices.kill:
            good &= _kill(demonstration)
        console.print(f"Done in {time.monotonic() - began:.0f} s.")
    console.print("[green]All equal.[/green]" if good else "[red]Something differs.[/red]")
    return 0 if good else 1


def _show_tables(demonstration: Demonstration, shop: Shop) -> bool:
    console, read = demonstration.console, demonstration.reader.query
    story = shop.truth.stories[0]
    console.rule(f"One customer: {story.plot}")
    _show_journey(demonstration, story.customer)
    console.rule("Metrics over all of it, times in UTC")
    windows, final, until = demonstration.wait_for_final()
    console.print(f"{final:,} of {windows:,} windows are final; numbers are up to {_clock(until)} UTC.")
    console.print(metrics_table(demonstration.reader))
    console.print(
        f"{PROVISIONAL} not final from there on   {TOO_FEW} n is too small   more: cxstream metrics, docs/metrics.md"
    )
    console.rule("Rejections")
    _table(
        console, read("SELECT reason, count() AS records FROM cx.rejections GROUP BY reason ORDER BY reason")
    )
    residual = read("SELECT sum(residual), sum(records) FROM cx.residual").rows[0]
    stored = read("SELECT uniqExact(source, id) FROM cx.interactions").rows[0][0]
    console.print(
        f"Residual {residual[0]} of {residual[1]:,} records; {stored:,} distinct interactions stored, "
        f"{len(shop.truth.accepted):,} were made."
    )
    return bool(residual[0] == 0 and stored == len(shop.truth.accepted))


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _show_journey(demonstration: Demonstration, customer: str) -> None:
    def read(sql: str, parameters: Mapping[str, object]) -> Answer:
        return Answer(*demonstration.reader.stream(sql, dict(parameters)))

    who = resolve(customer, read, lambda identifier: identifier)
    show_story(Story.read(who.identifier, read), sys.stdout)


def _table(console: Console, answer: Any) -> None:
    table = Table(*answer.columns, box=None, pad_edge=False)
    for row in answer.rows:
        table.add_row(*map(_cell, row))
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _compare(demonstration: Demonstration) -> bool:
    console, settings = demonstration.console, demonstration.settings
    console.rule("The tables against the batch oracle")
    began = time.monotonic()
    with console.status("comparing") as status:
        differences = verify(server_of(settings, "writer"), meaning_of(settings), status.update)
    for difference in differences:
        console.print(f"{difference.table:16} {difference.expected:8,} rows  {difference.rows} differ")
        for kind, rows in (("missing", difference.missing), ("wrong", difference.wrong)):
            for row in rows[:3]:
                console.print(f"  {kind}: {row}")
    console.print(f"compared in {time.monotonic() - began:.1f} s")
    return not any(difference.rows for difference in differences)


def _publish_again(demonstration: Demonstration, records: Sequence[Any]) -> bool:
    console = demonstration.console
    console.rule("The same records again, and again in random order")
    before = demonstration.checksums()
    asyncio.run(demonstration.run(records, title="Again"))
    second = demonstration.checksums()
    shuffled = Random(1).sample(records, len(records))  # noqa: S311 - an order, not a secret
    asyncio.run(demonstration.run(shuffled, title="In random order"))
    return _same(console, {"first": before, "again": second, "random order": demonstration.checksums()})


def _same(console: Console, runs: dict[str, dict[str, str]]) -> bool:
    table = Table("view", *runs, "", box=None, pad_edge=False)
    good = True
    for view in next(iter(runs.values())):
        sums = [run.get(view, "") for run in runs.values()]
        equal = len(set(sums)) == 1
        good &= equal
        table.add_row(view, *sums, "equal" if equal else "DIFFERS")
    console.print(table)
    return good


def _kill(demonstration: Demonstration) -> bool:
    """Read the same topics into empty tables, with the worker killed twice on the way."""
    console, old = demonstration.console, demonstration.stack
    console.rule("The same topics into empty tables, the worker killed twice")
    before = demonstration.checksums()
    old.stop_worker()
    with old.beside(old.root / "second", group="cxstream-second", stitch="stitch-second") as stack:
        stack.start_worker()
        second = Demonstration(stack, console)
        asyncio.run(second.settle("With kills", _killer(stack, console)))
        good = _compare(second)
        return good & _same(console, {"undisturbed": before, "killed twice": second.checksums()})


def _killer(stack: LocalStack, console: Console) -> Callable[[Reading], None]:
    """Kill the worker the first two times that it has moved on by a good deal, and start another."""
    marks = [0.3, 0.6]

    def disturb(reading: Reading) -> None:
        total = reading.stored + reading.rejected + reading.raw_lag
        if marks and total and (reading.stored + reading.rejected) / total >= marks[0]:
            marks.pop(0)
            os.kill(stack.worker_pid, signal.SIGKILL)
            console.print(
                f"kill -9 of the worker at {reading.stored:,} stored, {reading.stitch_lag:,} blocks behind"
            )
            stack.start_worker()

    return disturb
