"""`cxstream check`: would the pipeline accept these interactions, and if not, why not."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from pipeline.core.interaction import Rejection
from pipeline.core.moment import moment
from pipeline.emit.connection import EmitError
from pipeline.emit.lines import line_of, lines_in
from pipeline.emit.verdict import contract_of, now_ms
from pipeline.settings import Settings

_LAST_NAME: Final = re.compile(r"(?:\.([A-Za-z_]\w*)|\['([^']*)'\])(?:\[\d+\])*$")


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files with an interaction a line, .json files with one; - reads standard input."
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
    only_bad: Annotated[bool, typer.Option("--bad", help="Print only what would be refused.")] = False,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Judge as if received then (RFC 3339); by default now.")
    ] = "",
) -> None:
    """Say for each interaction whether the pipeline would accept it; if not, the reason, JSON path and key.

    Lines are flat JSON or structured CloudEvents. Nothing is sent. The exit code is 1 if anything is bad.

    Examples:
      cxstream check orders.ndjson
      cxstream check --bad --json - < orders.ndjson
      cxstream check --at 2026-03-01T10:00:00Z schemas/interactions/*/examples/good/*.json
    """
    counts = {True: 0, False: 0}
    for verdict in _verdicts(files, _received(at)):
        counts[verdict["ok"]] += 1
        if not (only_bad and verdict["ok"]):
            typer.echo(
                json.dumps(verdict, ensure_ascii=False) if as_json else _text(verdict, many=len(files) > 1)
            )
    typer.echo(f"{counts[True]} ok, {counts[False]} bad", err=True)
    raise typer.Exit(1 if counts[False] else 0)


def _received(at: str) -> int:
    received = moment(at) if at else now_ms()
    if received is None:
        raise EmitError(f"--at {at}: allowed is RFC 3339 with an offset, such as 2026-03-01T10:00:00Z")
    return received


def _verdicts(files: list[str], received: int) -> Iterator[dict[str, Any]]:
    contract = contract_of(Settings.load())
    for file in files:
        for number, value in lines_in(file):
            line = line_of(value)
            admitted = contract.admit(line.value, line.headers, received)
            place: dict[str, Any] = {"file": file, "line": number}
            if isinstance(admitted, Rejection):
                yield {**place, "ok": False, **_why(admitted)}
            else:
                yield {**place, "ok": True, "type": admitted.type, "id": admitted.id}


def _why(rejection: Rejection) -> dict[str, str]:
    return {
        "reason": rejection.reason,
        "path": rejection.path,
        "key": key_in(rejection.path),
        "detail": rejection.detail,
        "type": rejection.type,
        "id": rejection.id,
    }


def key_in(path: str) -> str:
    """Give the last key of a JSON path, "" for the whole record."""
    found = _LAST_NAME.search(path)
    return next(filter(None, found.groups()), "") if found else ""


def _text(verdict: dict[str, Any], *, many: bool) -> str:
    place = f"{verdict['file']}:{verdict['line']}" if many else f"{verdict['line']:>6}"
    if verdict["ok"]:
        return f"{place}  ok"
    return f"{place}  {verdict['reason']}  {verdict['path']}  {verdict['detail']}"
