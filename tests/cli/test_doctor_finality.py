"""What `cxstream doctor` says where numbers stay not final: which partition holds them up, or that nobody watches."""

import time
from uuid import uuid4

import msgspec
import pytest

from pipeline.cli.examine.finality import Heard, finality, stands
from pipeline.core.row import FinalityRow, ProgressRow
from pipeline.local.kafka import LocalKafka
from pipeline.settings import Settings
from pipeline.store.write import Writer
from tests.store.rows import row

HOUR = 3_600_000
NOW = 0
"""Times here are beside the present, which goes on while other tests run."""
LONG_AGO = -9 * HOUR


@pytest.fixture
def settings(kafka: LocalKafka, engine: Writer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two raw partitions, two stitch partitions, and a group without workers."""
    assert engine
    for name, value in {
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_GROUP": f"group-{uuid4().hex[:8]}",
        "SOURCE_TOPICS": "web",
        "SOURCE_PARTITIONS": "2",
        "STITCH_PARTITIONS": "2",
    }.items():
        monkeypatch.setenv(f"CXSTREAM_{name}", value)
    return Settings.load()


def write(engine: Writer, *, final: int, heard: dict[str, int], partitions: int = 2) -> None:
    now = int(time.time() * 1000)
    times = {source: now + beside for source, beside in heard.items()}
    watermark = min(times.get("web/0", 0), times.get("web/1", 0))
    text = msgspec.json.encode(times).decode()
    numbers = range(partitions)
    engine.write(
        "progress", [row(ProgressRow, partition=n, watermark=watermark, heard=text) for n in numbers]
    )
    engine.write("finality", [row(FinalityRow, watermark=now + final)])


def test_numbers_that_are_final_up_to_a_moment_ago_are_good(settings: Settings, engine: Writer) -> None:
    write(engine, final=NOW - 90_000, heard={"web/0": NOW, "web/1": NOW})
    (found,) = finality(settings)
    assert found.verdict == "good"


def test_before_anything_was_read_nothing_is_wrong(settings: Settings) -> None:
    assert [found.verdict for found in finality(settings)] == ["good"]


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        ({"web/0": NOW, "web/1": LONG_AGO}, "raw partition web/1 stands at"),
        ({"web/0": NOW, "gone/7": LONG_AGO}, "raw partition web/1 was never heard"),
        ({"web/0": NOW, "web/1": NOW}, "nobody watches: no worker of group-"),
    ],
)
def test_what_holds_it_up_is_named(
    heard: dict[str, int], why: str, settings: Settings, engine: Writer
) -> None:
    write(engine, final=LONG_AGO, heard=heard)
    (found,) = finality(settings)
    assert found.verdict == "attention"
    assert "stands: numbers are final up to" in found.found
    assert why in found.found
    assert found.cure


def test_a_stitch_partition_that_was_never_read_is_named(settings: Settings, engine: Writer) -> None:
    write(engine, final=LONG_AGO, heard={"web/0": NOW, "web/1": NOW}, partitions=1)
    (found,) = finality(settings)
    assert "stitch partition 1 was never read" in found.found


def test_a_stitch_partition_that_is_behind_the_others_is_named() -> None:
    why, _ = stands(Heard(0, {0: 500, 1: 100}, {"web/0": 500}), since=400) or ("", "")
    assert why == "stitch partition 1 has come to 1970-01-01 00:00:00 UTC"
