"""Loading what cold caches need, on the real engine."""

import pytest

from pipeline.core.row import LedgerRow, ProgressRow, WindowRow
from pipeline.store.load import Loader
from pipeline.store.write import Writer
from tests.store.rows import AT, row

MINUTE = AT // 1000


def test_a_ledger_holds_what_the_actor_heard_before_a_position_in_order(
    writer: Writer, loader: Loader
) -> None:
    for position in (7, 3, 5):
        writer.write("ledger", [row(LedgerRow, actor="a", position=position, message=b"%d" % position)])
    writer.write("ledger", [row(LedgerRow, actor="b", position=1)])
    assert loader.ledger({"a", "new"}, 7) == {"a": [(3, b"3"), (5, b"5")]}


def test_what_was_written_twice_is_loaded_once(writer: Writer, loader: Loader) -> None:
    for _ in range(2):
        writer.write("ledger", [row(LedgerRow, actor="a", position=3, message=b"\x00\xff")])
    assert loader.ledger(["a"], 2**64 - 1) == {"a": [(3, b"\x00\xff")]}


@pytest.mark.parametrize(
    "actor", ["o'brien", "back\\slash", "new\nline", "tab\t", "سلام", "👩‍👩‍👧", "a]b,[c", '"', ""]
)
def test_any_text_names_an_actor(actor: str, writer: Writer, loader: Loader) -> None:
    writer.write("ledger", [row(LedgerRow, actor=actor, position=1, message=b"m"), row(LedgerRow)])
    assert loader.ledger([actor], 10) == {actor: [(1, b"m")]}


def test_more_actors_than_fit_one_query_are_all_loaded(writer: Writer, loader: Loader) -> None:
    actors = [f"customer:{number}" for number in range(25_000)]
    writer.write("ledger", [row(LedgerRow, actor=actor, position=1) for actor in actors])
    assert loader.ledger(actors, 2).keys() == set(actors)


def test_no_actors_ask_nothing(loader: Loader) -> None:
    assert loader.ledger((), 10) == {}


def test_a_window_is_loaded_in_its_newest_version(writer: Writer, loader: Loader) -> None:
    newest = row(WindowRow, version=9, numerator=3, buckets=(-5, 7), counts=(1, 2))
    writer.write("metric_windows", [newest])
    writer.write("metric_windows", [row(WindowRow, version=8), row(WindowRow, partition=1, version=10)])
    other = row(WindowRow, metric="nps")
    assert loader.windows([newest.key, other.key], 0, 0) == {newest.key: newest}


def test_windows_are_told_apart_by_every_part_of_their_key(writer: Writer, loader: Loader) -> None:
    others = [
        {"channel": "app"},
        {"source": "o'shop"},
        {"currency": "EUR"},
        {"window": MINUTE + 60},
        {"metric": "nps"},
        *(
            {name: "x"}
            for name in ("declared", "country", "device", "app_version", "campaign", "experiments")
        ),
    ]
    rows = [row(WindowRow, **other) for other in others]
    writer.write("metric_windows", [row(WindowRow), *rows])
    keys = [each.key for each in rows]
    assert loader.windows(keys, 0, 0) == dict(zip(keys, rows, strict=True))
    assert loader.windows(keys, 1, 0) == {}


def test_known_actors_are_those_of_the_partition_before_the_position(writer: Writer, loader: Loader) -> None:
    rows = [("a", 1, 0), ("a", 2, 0), ("b", 9, 0), ("c", 1, 1)]
    writer.write("ledger", [LedgerRow(actor, position, number, b"") for actor, position, number in rows])
    assert loader.known_actors(0, 9) == {"a"}
    assert loader.known_actors(5, 9) == set()


def test_too_many_to_know_is_none(writer: Writer, loader: Loader) -> None:
    writer.write("ledger", [row(LedgerRow, actor=str(number)) for number in range(11)])
    writer.write("metric_windows", [row(WindowRow, source=str(number)) for number in range(11)])
    assert loader.known_actors(0, 9, limit=10) is None
    assert loader.known_actors(0, 9, limit=11) == set(map(str, range(11)))
    assert loader.known_windows(0, 0, limit=10) is None
    assert len(loader.known_windows(0, 0, limit=11) or ()) == 11


def test_progress_is_the_newest_of_each_partition(writer: Writer, loader: Loader) -> None:
    newest = [row(ProgressRow, partition=number, position=9, heard='{"t/0":1}') for number in (0, 1)]
    writer.write("progress", [*newest, row(ProgressRow, position=3), row(ProgressRow, epoch=1)])
    assert loader.progress(0) == {0: newest[0], 1: newest[1]}
    assert loader.progress(7) == {}
