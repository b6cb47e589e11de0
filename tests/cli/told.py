"""Interactions into the tables as the pipeline would write them: through the real core, and the archive as it is."""

from collections import defaultdict

from pipeline.core.interaction import Interaction
from pipeline.core.row import TABLE_OF, InteractionRow
from pipeline.store.write import Writer
from tests.simulation.world import World
from tests.store.rows import row


def tell(writer: Writer, made: list[Interaction]) -> None:
    """Write what the pipeline writes of these."""
    world = World(1)
    assert world.run(made) == ""
    rows = defaultdict(list)
    for _, one in world.store.rows.values():
        if type(one) in TABLE_OF and TABLE_OF[type(one)] not in {"metric_windows", "progress"}:
            rows[TABLE_OF[type(one)]].append(one)
    for table, some in rows.items():
        writer.write(table, some)
    writer.write("interactions", [archived(one) for one in made])


def archived(one: Interaction) -> InteractionRow:
    """The archive's row of an interaction."""
    return row(
        InteractionRow,
        **{
            name: getattr(one, name)
            for name in ("type", "sent_time", "source", "id", "hash", "time", "received", "schema", "area")
        },
        day=one.sent_time // 86_400_000,
        passive=int(one.passive),
        channel=one.channel,
        identifiers=one.identifiers,
        anchor=one.identifiers[0],
        data=one.data_json,
    )
