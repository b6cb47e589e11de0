"""`cxstream doctor`: every dependency, how it stands, and what to do."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.cli.examine.finding import Finding
    from pipeline.settings import Settings

_MARKS: Final = {"good": ("✓", "green"), "attention": ("!", "yellow"), "wrong": ("✗", "red")}


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each finding.")] = False,
) -> None:
    """Check every dependency: reachable, version, topics, tables, lag, finality, worker; and say what to do. Exit code 1 if anything is wrong.

    Changes nothing. What needs attention (!) may be as you want it; what is wrong (✗) keeps the pipeline from working.
    Records that wait need attention while a worker reads them, and are wrong if nobody does.

    Examples:
      cxstream doctor
      cxstream doctor --json | jq 'select(.verdict != "good")'
    """
    from pipeline.settings import Settings  # noqa: PLC0415 - help stays quick
    from pipeline.settings.load import load  # noqa: PLC0415

    loaded = load(Settings)
    wrong = False
    for finding in _findings(loaded.settings, len(loaded.origins)):
        wrong |= finding.verdict == "wrong"
        typer.echo(json.dumps(finding._asdict(), ensure_ascii=False) if as_json else _line(finding))
    sys.exit(1 if wrong else 0)


def _findings(settings: "Settings", given: int) -> "Iterator[Finding]":
    """All findings, as they are made."""
    from pipeline.cli.examine.clickhouse import clickhouse  # noqa: PLC0415 - the drivers are slow to import
    from pipeline.cli.examine.finality import finality  # noqa: PLC0415
    from pipeline.cli.examine.finding import Finding  # noqa: PLC0415
    from pipeline.cli.examine.kafka import kafka  # noqa: PLC0415
    from pipeline.cli.examine.key import key  # noqa: PLC0415
    from pipeline.cli.examine.worker import worker  # noqa: PLC0415

    yield Finding(
        "settings", "good", f"{given} given, the others have their defaults; cxstream settings lists them"
    )
    for examine in (key, kafka, clickhouse, finality, worker):
        yield from examine(settings)


def _line(finding: "Finding") -> str:
    mark, colour = _MARKS[finding.verdict]
    line = f"{typer.style(mark, fg=colour, bold=True)} {finding.what:28} {finding.found}"
    return f"{line}\n  {'':28} → {finding.cure}" if finding.cure else line
