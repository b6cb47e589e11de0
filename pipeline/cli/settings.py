"""`cxstream settings`: every setting, its value, and where it comes from."""

import json
from typing import Annotated

import msgspec
import typer

from pipeline.settings import Settings
from pipeline.settings.load import load
from pipeline.settings.values import shown


def settings(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every setting and where it comes from; secrets are masked.

    A setting comes from the environment (CXSTREAM_ and its name in capitals), else from the file that CXSTREAM_CONFIG
    names or ./cxstream.toml, else from the running local stack, else it has its default.

    Examples:
      cxstream settings
      cxstream settings --json | jq .kafka_bootstrap.value
      CXSTREAM_HORIZON_DAYS=none cxstream settings
    """
    loaded = load(Settings)
    rows = [
        (field.name, shown(getattr(loaded.settings, field.name)), loaded.origins.get(field.name, "default"))
        for field in msgspec.structs.fields(Settings)
    ]
    if as_json:
        document = {name: {"value": value, "from": origin} for name, value, origin in rows}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        typer.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")
