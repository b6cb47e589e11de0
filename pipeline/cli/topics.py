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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each topic.")] = False,
) -> None:
    """Make the declared topics, or say how they differ. What exists is never changed. Exit code 1 if one differs.

    The settings source_topics, source_partitions, stitch_topic, stitch_partitions and topic_replication declare them.

    Examples:
        cxstream topics
        cxstream topics --check --json
    """
    from pipeline.cli.render import write  # noqa: PLC0415 - help is quick without
    from pipeline.emit.connection import connection_of  # noqa: PLC0415
    from pipeline.kafka.topics import create, declared, inspect  # noqa: PLC0415
    from pipeline.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    bring = inspect if check else create
    states = asyncio.run(bring(settings.kafka_bootstrap, declared(settings), **connection_of(settings)))
    write(
        "ndjson" if as_json else "auto",
        ("topic", "state", "partitions", "declared", "cure"),
        [(each.topic.name, each.state, each.partitions, each.topic.partitions, each.cure) for each in states],
        sys.stdout,
    )
    sys.exit(0 if all(each.is_good for each in states) else 1)
