"""`cxstream up`, `down` and `status`: the local stack."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

_STOP_SECONDS: Final = 40.0


def up(
    *,
    worker: Annotated[bool, typer.Option(help="Start a worker too.")] = True,
) -> None:
    """Start the local stack and stay until Ctrl-C: a real Kafka, the real ClickHouse engine, a worker.

    Data stay in .cxstream (the setting data_dir) from run to run; nothing listens beyond loopback. Servers that the
    settings place elsewhere are used instead. If a stack already runs here, says where, and exits with 0.

    Examples:
        cxstream up
        cxstream up --no-worker
        CXSTREAM_KAFKA_BOOTSTRAP=kafka:9092 cxstream up
    """
    from pipeline.local.stack import LocalStack, running  # noqa: PLC0415 - help is quick without
    from pipeline.settings import Settings  # noqa: PLC0415

    root = Settings.load().data_dir
    state = running(root)
    if state is not None:
        typer.echo(f"Already running in {root.resolve()}:")
        _print(state)
        return
    signal.signal(signal.SIGTERM, _interrupt)
    elsewhere = {name for name, setting in _PLACES.items() if f"CXSTREAM_{setting}" in os.environ}
    typer.echo(f"Starting in {root.resolve()} …")
    try:
        with LocalStack(
            root, kafka="kafka" not in elsewhere, clickhouse="clickhouse" not in elsewhere
        ) as stack:
            if worker:
                stack.start_worker()
            _print(running(root) or {})
            typer.echo("Ctrl-C stops it.")
            while not (failure := stack.worker_failure()):
                time.sleep(0.3)
            typer.echo(f"cxstream: {failure}", err=True)
            sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped.")


_PLACES: Final = {"kafka": "KAFKA_BOOTSTRAP", "clickhouse": "CLICKHOUSE_HOST"}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def down() -> None:
    """Stop the local stack that runs in the data directory, wherever it was started. Data stay.

    Examples:
        cxstream down
    """
    from pipeline.local.stack import running  # noqa: PLC0415 - help is quick without
    from pipeline.settings import Settings  # noqa: PLC0415

    root = Settings.load().data_dir
    state = running(root)
    if state is None:
        typer.echo(f"No local stack runs in {root.resolve()}.")
        return
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while running(root) is not None:
        if time.monotonic() > deadline:
            typer.echo(f"Process {state['pid']} has not stopped within {_STOP_SECONDS:.0f} s.", err=True)
            sys.exit(1)
        time.sleep(0.1)
    typer.echo("Stopped.")


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="As one JSON object, without passwords.")] = False
) -> None:
    """Say what of the local stack runs, and where. Exit code 1 if none does.

    Examples:
        cxstream status
        cxstream status --json
    """
    import msgspec  # noqa: PLC0415 - help is quick without

    from pipeline.local.stack import running  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    root = Settings.load().data_dir
    state = running(root)
    if state is None:
        typer.echo(
            "{}" if as_json else f"No local stack runs in {root.resolve()}; start it with: cxstream up"
        )
        sys.exit(1)
    if as_json:
        shown = {name: value for name, value in state["settings"].items() if "password" not in name}
        typer.echo(msgspec.json.encode({**state, "settings": shown}))
    else:
        _print(state)


def _print(state: Mapping[str, Any]) -> None:
    settings, processes = state["settings"], state["processes"]
    lines = [
        ("kafka", settings.get("kafka_bootstrap", "elsewhere")),
        ("clickhouse", f"127.0.0.1:{settings.get('clickhouse_port', '-')} (native)"),
        ("", f"http://127.0.0.1:{settings.get('clickhouse_http_port', '-')} (HTTP)"),
        ("worker", "running" if processes["worker"] else "not started here"),
    ]
    for name, where in lines:
        pid = f"  pid {processes[name]}" if processes.get(name) else ""
        typer.echo(f"  {name:11} {where}{pid}")
    typer.echo(f"  {'logs':11} {Path(settings['data_dir']) / 'logs'}")
