"""`cxstream topics`."""

import asyncio
import sys
from typing import Annotated

import typer


def topics(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if one is not as declared.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per topic.")] = False,
) -> None:
    """Make the declared topics, or say how they differ. What exists is never changed.

    Examples:
        cxstream topics
        cxstream topics --check --json
    """
    import msgspec  # noqa: PLC0415 - help is quick without

    from pipeline.emit.connection import connection_of  # noqa: PLC0415
    from pipeline.kafka.topics import create, declared, inspect  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    states = asyncio.run((inspect if check else create)(
            settings.kafka_bootstrap, declared(settings), **connection_of(settings)
        )
    )
    for state in states:
        if as_json:
            line = {
                "topic": state.topic.name,
                "state": state.state,
                "partitions": state.partitions,
                "cure": state.cure,
            }
            typer.echo(msgspec.json.encode(line))
        else:
            count = state.partitions or state.topic.partitions
            typer.echo(f"{state.topic.name:28} {count:4} partitions  {state.state}  {state.cure}".rstrip())
    sys.exit(0 if all(state.is_good for state in states) else 1)
