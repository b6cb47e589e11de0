"""Every command of `cxstream`, in the order in which help lists them.

A command is a function with typer's annotations and a docstring that holds a section "Examples:". Its module imports
nothing heavy at its top, since help of that command imports it; errors of our own classes reach the user as one message.
"""

from typing import Final, NamedTuple


class Command(NamedTuple):
    """Where a command's function is, and what it does in one line."""

    name: str
    module: str
    function: str
    summary: str


COMMANDS: Final = (
    Command(
        "demo",
        "pipeline.cli.demo",
        "demo",
        "Run a made-up shop through the pipeline and check it.",
    ),
    Command("up", "pipeline.cli.stack", "up", "Start the local stack: Kafka, ClickHouse, worker."),
    Command("down", "pipeline.cli.stack", "down", "Stop the local stack."),
    Command("status", "pipeline.cli.stack", "status", "Say what of the local stack runs, and where."),
    Command("topics", "pipeline.cli.topics", "topics", "Make the declared topics, or say how they differ."),
    Command("migrate", "pipeline.cli.migrate", "migrate", "Bring ClickHouse's tables and views up to date."),
    Command("worker", "pipeline.cli.worker", "worker", "Run a worker: admit and stitch."),
    Command(
        "check",
        "pipeline.cli.check",
        "check",
        "Say for each interaction in a file whether it would be accepted.",
    ),
    Command("publish", "pipeline.cli.publish", "publish", "Send interactions from a file to Kafka."),
    Command("query", "pipeline.cli.query", "query", "Read the views with SQL."),
    Command(
        "journey", "pipeline.cli.journey", "journey", "Show what one customer went through, across channels."
    ),
    Command("journeys", "pipeline.cli.journeys", "journeys", "Show the last journeys behind an identifier."),
    Command(
        "identity",
        "pipeline.cli.identity",
        "identity",
        "Show who is behind an identifier, and how that is known.",
    ),
    Command("metrics", "pipeline.cli.metrics", "metrics", "Show metrics over a stretch of time."),
    Command(
        "export", "pipeline.cli.export", "export", "Show the newest values of some metrics to Prometheus."
    ),
    Command("verify", "pipeline.cli.verify", "verify", "Compare the tables with the batch answer."),
    Command("doctor", "pipeline.cli.doctor", "doctor", "Check every dependency, and say what to do."),
    Command("settings", "pipeline.cli.settings", "settings", "Show every setting and where it comes from."),
)
