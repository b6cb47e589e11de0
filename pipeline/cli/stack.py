"""`cxstream up`, `down` and `status`: the local stack."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from pipeline.local.state import State
    from pipeline.settings import Settings

_STOP_SECONDS: Final = 60.0
_START_SECONDS: Final = 10.0
_OWN: Final = ("hmac_key_file", "telemetry_port", "kafka_session_timeout_seconds")
"""Settings that a stack chooses for itself unless they are given."""


def up(
    *,
    worker: Annotated[bool, typer.Option(help="Start a worker too.")] = True,
) -> None:
    """Start the local stack and stay until Ctrl-C: a real Kafka, the real ClickHouse engine, a worker.

    Data stay in .cxstream (the setting data_dir) from run to run; nothing listens beyond loopback. A server whose address
    is set (kafka_bootstrap; clickhouse_host or a port) is used instead of one of ours. A worker that ends is started again after a pause, unless that is no use; then the exit
    code is 1. If a stack runs here already, says where, starts a worker if it has none, and exits with 0.

    Examples:
        cxstream up
        cxstream up --no-worker
        CXSTREAM_KAFKA_BOOTSTRAP=kafka:9092 cxstream up
    """
    from pipeline.local.state import running  # noqa: PLC0415 - help is quick without
    from pipeline.settings import Settings  # noqa: PLC0415
    from pipeline.settings.load import load  # noqa: PLC0415
    from pipeline.settings.sources import ENDPOINTS  # noqa: PLC0415

    settings, given = load(Settings)
    root = settings.data_dir
    if state := running(root):
        typer.echo(f"A stack is {state.phase} already in {root.resolve()}, held by process {state.pid}.")
        if worker and state.phase == "running":
            state = _with_worker(root, state, settings)
        _print(state, settings)
        sys.exit(1 if _ended(state, settings) else 0)
    from pipeline.local.stack import LocalStack  # noqa: PLC0415 - heavy: it reaches Kafka
    from pipeline.local.supervise import supervise  # noqa: PLC0415

    kafka, clickhouse = (ENDPOINTS[prefix].isdisjoint(given) for prefix in ("kafka_", "clickhouse_"))
    if worker and not (kafka and clickhouse):
        settings.hmac_key()  # refuses: a key that the stack makes is no key for data elsewhere
    typer.echo(f"Starting in {root.resolve()} …")
    stack = LocalStack(
        root,
        kafka=kafka,
        clickhouse=clickhouse,
        telemetry_port=settings.telemetry_port,
        more={name: getattr(settings, name) for name in _OWN if name in given},
    )

    def tell_where() -> None:
        if state := running(root):
            _print(state, settings)
        typer.echo("Ctrl-C stops it.")

    sys.exit(supervise(stack, worker=worker, up=tell_where, tell=lambda text: typer.echo(text, err=True)))


def down() -> None:
    """Stop the local stack that runs in the data directory, wherever it was started. Data stay.

    Examples:
        cxstream down
    """
    from pipeline.local.state import running  # noqa: PLC0415 - help is quick without
    from pipeline.settings import Settings  # noqa: PLC0415

    root = Settings.load().data_dir
    state = running(root)
    if state is None:
        typer.echo(f"No local stack runs in {root.resolve()}.")
        return
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while running(root) is not None:
        if time.monotonic() > deadline:
            typer.echo(f"Process {state.pid} has not stopped within {_STOP_SECONDS:.0f} s.", err=True)
            sys.exit(1)
        time.sleep(0.05)
    typer.echo("Stopped.")


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="As one JSON object, without passwords.")] = False
) -> None:
    """Say what of the local stack runs, and where. Exit code 1 if none does, or a part of it has ended.

    Examples:
        cxstream status
        cxstream status --json | jq .settings
    """
    import msgspec  # noqa: PLC0415 - help is quick without

    from pipeline.local.state import running  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    root = settings.data_dir
    state = running(root)
    ended = _ended(state, settings) if state else []
    if as_json:
        shown = msgspec.to_builtins(state.without_secrets()) | {"ended": ended} if state else {}
        typer.echo(msgspec.json.encode(shown))
    elif state is None:
        typer.echo(f"No local stack runs in {root.resolve()}; start it with: cxstream up")
    else:
        typer.echo(f"{state.phase.capitalize()} since {state.started_at:%Y-%m-%d %H:%M:%S} UTC.")
        _print(state, settings)
    sys.exit(0 if state and state.phase == "running" and not ended else 1)


def _with_worker(root: Path, state: "State", settings: "Settings") -> "State":
    """Have the process that holds the stack start a worker if none lives, and give what it says then."""
    from pipeline.local.state import WAKE, running  # noqa: PLC0415 - help is quick without

    part = state.processes.get("worker")
    if (part is not None and not part.has_ended) or _answers(settings):
        return state
    typer.echo("No worker lives there: one starts.")
    os.kill(state.pid, WAKE)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.1)
        state = running(root) or state
        found = state.processes.get("worker")
        if found is not None and found != part and not found.has_ended:
            break
    return state


def _ended(state: "State", settings: "Settings") -> list[str]:
    """Give what has ended and is missing: not a worker in whose stead another one answers."""
    return [name for name in state.ended if name != "worker" or not _answers(settings)]


def _answers(settings: "Settings") -> bool:
    from pipeline.cli.examine.worker import answers  # noqa: PLC0415 - help is quick without

    return bool(settings.telemetry_port) and answers(settings)


def _print(state: "State", loaded: "Settings") -> None:
    """Print where everything is; ours with its process."""
    settings, ended = state.settings, _ended(state, loaded)
    places = {
        "kafka": [settings.get("kafka_bootstrap", "elsewhere, as the settings say")],
        "clickhouse": ["elsewhere, as the settings say"],
        "worker": [],
    }
    if native := settings.get("clickhouse_port"):
        places["clickhouse"] = [
            f"127.0.0.1:{native} (native)",
            f"http://127.0.0.1:{settings['clickhouse_http_port']}",
        ]
    if "worker" in state.processes:
        places["worker"] = [f"http://127.0.0.1:{settings.get('telemetry_port')}/metrics"]
    for name, where in places.items():
        part = state.processes.get(name)
        if part is not None and part.has_ended:
            where.append("HAS ENDED" if name in ended else "has ended; another, not of this stack, answers")
        typer.echo(
            f"  {name:11} {'  '.join(where) or 'not started here'}" + (f"  pid {part.pid}" if part else "")
        )
    if settings:
        typer.echo(f"  {'data, logs':11} {settings['data_dir']}")
