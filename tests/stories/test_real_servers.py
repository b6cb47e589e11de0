"""All stories at once through the real Kafka and the real engine: the tables hold what was written out by hand."""

import asyncio
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from pipeline.cli.demonstration import Demonstration
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.row import FrictionRow, JourneyRow, Row, SessionRow, TouchpointRow
from pipeline.local.demo.record import DemoRecord, record_of
from pipeline.local.stack import LocalStack
from pipeline.settings import Settings
from pipeline.store.archive import rows
from pipeline.store.connect import server_of
from tests.stories.story import PARTS, Said, all_records, load, paths, told

TABLES = ("touchpoints", "sessions", "journeys", "frictions")
AGAIN = 2
each_story = pytest.mark.parametrize("path", paths(), ids=lambda path: path.stem)

Stored = dict[Path, Said]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    root = tmp_path_factory.mktemp("stories") / "data"
    with LocalStack(root, more={"horizon_days": "none"}) as stack:
        stack.start_worker()
        yield Demonstration(stack, Console(quiet=True))


@pytest.fixture(scope="module")
def once(shop: Demonstration) -> Stored:
    asyncio.run(shop.run(records(), title="in order"))
    return stored(shop.settings)


@pytest.fixture(scope="module")
def three_times(shop: Demonstration, once: Stored) -> Stored:
    assert once
    again = records() * AGAIN
    Random("again").shuffle(again)
    asyncio.run(shop.run(again, title="again, in random order"))
    counted = shop.reader.query("SELECT sum(stored), sum(duplicate), sum(rejected) FROM cx.intake_by_minute")
    assert counted.rows[0] == (len(records()), len(again), 0)
    return stored(shop.settings)


def records() -> list[DemoRecord]:
    return [record_of(one, "flat") for one in all_records()]


def stored(settings: Settings) -> Stored:
    server = server_of(settings, "writer")
    pseudonym = pseudonyms(settings.hmac_key(), settings.hmac_key_id)
    found = list(chain.from_iterable(rows(server, table) for table in TABLES))
    return {path: told(of_story(path.stem, found), load(path).clear(pseudonym)) for path in paths()}


def of_story(name: str, found: list[Row]) -> Iterator[Row]:
    """Give the rows of one story, under the ids that it has in its file."""
    mine = f"{name}."
    own = [row for row in found if isinstance(row, TouchpointRow) and row.id.startswith(mine)]
    sessions, journeys = {row.session_id for row in own}, {row.journey_id for row in own}
    for row in found:
        match row:
            case TouchpointRow() | FrictionRow() if row.id.startswith(mine):
                yield row._replace(id=row.id.removeprefix(mine))
            case SessionRow() if row.session_id in sessions:
                yield row
            case JourneyRow() if row.journey_id in journeys:
                yield row


def test_beside_the_stories_the_tables_hold_nothing(shop: Demonstration, three_times: Stored) -> None:
    server = server_of(shop.settings, "writer")
    for table in ("sessions", "journeys", "frictions"):
        assert len(list(rows(server, table))) == sum(len(said[table]) for said in three_times.values())


@each_story
def test_published_in_order_the_tables_hold_what_was_written_by_hand(path: Path, once: Stored) -> None:
    for part in PARTS:
        assert once[path][part] == load(path).said[part], part


@each_story
def test_every_record_published_three_times_in_random_order_changes_nothing(
    path: Path, three_times: Stored
) -> None:
    for part in PARTS:
        assert three_times[path][part] == load(path).said[part], part
