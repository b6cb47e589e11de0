"""What was known at the end of a day: what is read for one identifier gives what the whole archive gives."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from pipeline.cli.reading import reading
from pipeline.cli.then import Day
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.message import Ref
from pipeline.core.oracle import answer
from pipeline.store.write import Writer
from tests.cli.told import tell
from tests.simulation.scenario import interactions

pytestmark = pytest.mark.real

SEEDS = range(12)
DAY = 86_400_000


def made_by(seed: int) -> list[Interaction]:
    """Interactions without copies, which come up to a month late."""
    random = Random(seed)
    once = {(one.source, one.id): one for one in interactions(random)}
    return [
        msgspec.structs.replace(one, received=one.time + random.choice([0, 0, random.randrange(30 * DAY)]))
        for one in once.values()
    ]


def owners(known: list[Interaction]) -> dict[Ref, tuple[str, ...]]:
    found: defaultdict[Ref, list[str]] = defaultdict(list)
    for row in answer(known, Meaning()).touchpoints:
        found[row.source, row.id].append(row.customer)
    return {ref: tuple(sorted(customers)) for ref, customers in found.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_then_is_what_the_whole_archive_gives(seed: int, engine: Writer) -> None:
    made = made_by(seed)
    tell(engine, made)
    identifiers = sorted({identifier for one in made for identifier in one.identifiers})
    some = Random(seed).sample(identifiers, min(6, len(identifiers)))
    with reading() as read:
        for identifier in some:
            carriers = [one for one in made if identifier in one.identifiers and one.area != "identity"]
            if not carriers:
                continue
            start = datetime.fromtimestamp(carriers[len(carriers) // 2].time // DAY * DAY / 1000, UTC)
            until = (start + timedelta(days=1)).timestamp() * 1000
            refs = {(one.source, one.id) for one in carriers if start.timestamp() * 1000 <= one.time < until}
            day = Day.read(identifier, start, read)
            before = owners([one for one in made if one.received < until])
            after = owners(made)
            assert day.on_the_day
            assert day.now == {ref: after[ref] for ref in refs}
            assert day.then == {ref: before[ref] for ref in refs if ref in before}
            assert (day.because is None) == (day.now == day.then)
