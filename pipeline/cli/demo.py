"""`cxstream demo`."""

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer


def demo(
    interactions: Annotated[int, typer.Option("--interactions", "-n", min=500)] = 100_000,
    seed: Annotated[int, typer.Option(help="Which shop.")] = 7,
    directory: Annotated[
        Path, typer.Option(help="Where its data are; emptied at the start if an earlier demo made it.")
    ] = Path(".cxstream/demo"),
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Publish everything twice more, then in random order.")
    ] = False,
    kill: Annotated[
        bool, typer.Option("--kill", help="Read the topics anew into empty tables, killing the worker twice.")
    ] = False,
) -> None:
    """Run a made-up shop through a real Kafka, real agents and the real ClickHouse engine, and check the tables.

    Shows progress, one customer's journey, metrics, rejections by reason and the residual; then compares every derived
    table with the batch oracle. Exit code 1 if anything differs. Uses a stack of its own and stops it at the end.

    Examples:
        cxstream demo
        cxstream demo --interactions 20000 --seed 3
        cxstream demo --again --kill
    """
    from pipeline.cli.showing import Choices, show  # noqa: PLC0415 - help is quick without

    signal.signal(signal.SIGTERM, _stop)
    sys.exit(show(Choices(interactions, seed, directory, again, kill)))


def _stop(number: int, _: object) -> NoReturn:
    typer.echo("Stopped; what ran is stopped too.", err=True)
    sys.exit(128 + number)
