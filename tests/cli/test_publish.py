"""`cxstream publish`, run as a person runs it, on a real Kafka."""

import json
import os
import pty
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from pipeline.emit.verdict import now_ms
from pipeline.local.demo import Shop, demo_file
from pipeline.local.kafka import LocalKafka
from tests.cli.run import cxstream
from tests.emit.topics import make_topic, read_all

pytestmark = pytest.mark.real


class Place:
    """A directory, a topic, and the command with both."""

    def __init__(self, bootstrap: str, directory: Path) -> None:
        self.bootstrap = bootstrap
        self.directory = directory
        self.topic = f"t-{uuid4().hex[:8]}"
        self.variables = {"CXSTREAM_KAFKA_BOOTSTRAP": bootstrap, "CXSTREAM_SOURCE_TOPICS": self.topic}
        make_topic(bootstrap, self.topic)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return cxstream(self.directory, "publish", *arguments, **self.variables)

    def values(self) -> list[bytes]:
        return [record.value() for record in read_all(self.bootstrap, self.topic)]


@pytest.fixture
def place(kafka: LocalKafka, tmp_path: Path) -> Place:
    return Place(kafka.bootstrap, tmp_path)


def viewed(number: int, **members: Any) -> dict[str, Any]:
    view = {
        "id": f"{number}",
        "source": "storefront-web",
        "type": "product_viewed",
        "time": now_ms(),
        "channel": "web",
    }
    return {**view, "customer_id": f"{1 + number % 9}", "data": {"product_id": "ร่ม ☂"}, **members}


def write(path: Path, lines: list[dict[str, Any]]) -> list[bytes]:
    encoded = [json.dumps(line, ensure_ascii=False).encode() for line in lines]
    path.write_bytes(b"\n".join(encoded) + b"\n")
    return encoded


def test_lines_arrive_byte_for_byte_with_the_key_of_their_customer(place: Place) -> None:
    lines = write(place.directory / "a.ndjson", [viewed(n) for n in range(500)])
    done = place.run("a.ndjson")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sent 500 in ")
    assert "refused 0" in done.stdout
    assert sorted(place.values()) == sorted(lines)
    keys = {record.key() for record in read_all(place.bootstrap, place.topic)}
    assert keys == {f"customer:{n}".encode() for n in range(1, 10)}


def test_bad_lines_are_refused_counted_and_explained(place: Place) -> None:
    good = viewed(1)
    write(place.directory / "a.ndjson", [good, viewed(2, channel="fax"), viewed(3, type="product_licked")])
    done = place.run("a.ndjson")
    assert done.returncode == 1
    assert "sent 1 " in done.stdout
    assert "refused 2 (invalid_field 1, unknown_type 1)" in done.stdout
    assert "record 2: invalid_field at $.channel" in done.stderr
    assert [json.loads(value) for value in place.values()] == [good]


def test_raw_sends_what_the_pipeline_will_reject(place: Place) -> None:
    (place.directory / "a.ndjson").write_bytes(b'{"id": 1}\n\xff\xfe\n\n[]\n')
    done = place.run("--raw", "a.ndjson")
    assert (done.returncode, done.stdout.startswith("sent 3 ")) == (0, True)
    assert sorted(place.values()) == sorted([b'{"id": 1}', b"\xff\xfe", b"[]"])


def test_a_structured_cloudevent_gets_its_content_type(place: Place) -> None:
    event = {"specversion": "1.0", **viewed(1)}
    write(place.directory / "a.ndjson", [event])
    assert place.run("a.ndjson").returncode == 0
    [record] = read_all(place.bootstrap, place.topic)
    assert record.headers() == [("content-type", b"application/cloudevents+json")]


@pytest.mark.parametrize("topic", ["stitch", "watch"])
def test_topics_that_workers_keep_for_themselves_are_refused(topic: str, tmp_path: Path) -> None:
    write(tmp_path / "a.ndjson", [viewed(1)])
    run = cxstream(tmp_path, "publish", "--topic", topic, "a.ndjson")
    assert run.returncode == 1
    assert f"{topic} is a topic that workers keep for themselves: publish to interactions.web" in run.stderr


def test_the_topic_can_be_given(place: Place) -> None:
    other = f"{place.topic}.other"
    make_topic(place.bootstrap, other)
    write(place.directory / "a.ndjson", [viewed(1)])
    place.run("a.ndjson", "--topic", other)
    assert len(read_all(place.bootstrap, other)) == 1
    assert place.values() == []


@pytest.fixture
def waiting(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "publish", "-"],
        cwd=place.directory,
        env=os.environ | place.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


def test_a_trickling_pipe_is_sent_without_waiting_for_its_end(
    place: Place, waiting: subprocess.Popen[bytes]
) -> None:
    assert waiting.stdin is not None
    waiting.stdin.write(json.dumps(viewed(1)).encode() + b"\n")
    waiting.stdin.flush()
    deadline = time.monotonic() + 20
    while not place.values() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(place.values()) == 1
    rest = json.dumps(viewed(2)).encode()  # without a line end
    out, _ = waiting.communicate(rest, timeout=20)
    assert out.startswith(b"sent 2 ")


def test_a_terminal_shows_progress(place: Place) -> None:
    write(place.directory / "a.ndjson", [viewed(n) for n in range(20_000)])
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "publish", "a.ndjson"],
        cwd=place.directory,
        env=os.environ | place.variables | {"TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # how Linux says that the other end was closed
        pass
    out, _ = process.communicate(timeout=30)
    os.close(terminal)
    assert out.startswith(b"sent 20,000 ")
    assert b"refused 0" in shown
    assert b"MB" in shown


def test_the_demos_file_in_any_order_gives_the_same_records(place: Place) -> None:
    records = list(Shop(5, now_ms(), 3000).records())
    path = place.directory / "demo.ndjson"
    demo_file(path, records)
    assert place.run("--raw", "demo.ndjson").returncode == 0
    once = Counter(place.values())
    lines = path.read_bytes().splitlines()
    Random(1).shuffle(lines)
    path.write_bytes(b"\n".join(lines))
    place.run("--raw", "demo.ndjson")
    assert Counter(place.values()) == once + once


def test_kafka_that_is_away_is_one_message(tmp_path: Path) -> None:
    write(tmp_path / "a.ndjson", [viewed(1)])
    done = cxstream(tmp_path, "publish", "a.ndjson", CXSTREAM_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert done.returncode == 1
    assert "cannot reach Kafka at 127.0.0.1:1" in done.stderr
    assert "bug" not in done.stderr
