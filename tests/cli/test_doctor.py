"""`cxstream doctor`: what it finds on real servers, and that everything that is not good comes with a cure."""

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from pipeline.cli.examine.address import speaks_tls, split
from pipeline.core.row import IntakeRow
from pipeline.kafka.topics import create, declared
from pipeline.local.kafka import LocalKafka
from pipeline.settings import Settings
from pipeline.store.write import Writer
from pipeline.telemetry import Health, Telemetry
from pipeline.telemetry.server import TelemetryServer
from tests.cli.conftest import Run
from tests.store.rows import row

pytestmark = pytest.mark.real


def findings(run: Run) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and findings by what was looked at."""
    done = run("doctor", "--json")
    found = [json.loads(line) for line in done.out.splitlines()]
    assert done.err == ""
    assert all(one["cure"] for one in found if one["verdict"] != "good")
    return done.code, {one["what"]: one for one in found}


@pytest.fixture
def topics(kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics of this test alone, as declared; settings name them."""
    mark = uuid4().hex[:8]
    monkeypatch.setenv("CXSTREAM_KAFKA_BOOTSTRAP", kafka.bootstrap)
    monkeypatch.setenv("CXSTREAM_KAFKA_GROUP", f"group-{mark}")
    monkeypatch.setenv("CXSTREAM_SOURCE_TOPICS", f"source-{mark}")
    monkeypatch.setenv("CXSTREAM_STITCH_TOPIC", f"stitch-{mark}")
    monkeypatch.setenv("CXSTREAM_WATCH_TOPIC", f"watch-{mark}")
    monkeypatch.setenv("CXSTREAM_SOURCE_PARTITIONS", "2")
    monkeypatch.setenv("CXSTREAM_STITCH_PARTITIONS", "2")
    settings = Settings.load(directory=Path("/nonexistent"))
    asyncio.run(create(settings.kafka_bootstrap, declared(settings)))
    return settings


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker's telemetry, idle and ready."""
    telemetry = Telemetry(Health(stuck_after_seconds=0))
    telemetry.assigned({"stitch": 2})
    with TelemetryServer(telemetry, "127.0.0.1", 0) as server:
        monkeypatch.setenv("CXSTREAM_TELEMETRY_PORT", str(server.address[1]))
        yield telemetry


def test_everything_good_is_exit_code_0(
    run: Run,
    topics: Settings,
    engine: Writer,
    telemetry: Telemetry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert telemetry
    assert engine
    (tmp_path / "key").write_bytes(bytes(32))
    (tmp_path / "key").chmod(0o400)
    monkeypatch.setenv("CXSTREAM_HMAC_KEY_FILE", str(tmp_path / "key"))
    code, found = findings(run)
    assert [one for one in found.values() if one["verdict"] != "good"] == []
    assert set(found) == {
        *(
            "settings",
            "hmac key",
            "kafka",
            f"topic {topics.source_topics[0]}",
            f"topic {topics.stitch_topic}",
            f"topic {topics.watch_topic}",
            "lag",
        ),
        *(
            "tables",
            "clickhouse writer",
            "clickhouse analyst",
            "residual",
            "rejections",
            "finality",
            "worker",
        ),
    }
    assert code == 0


def test_with_nothing_running_it_says_what_to_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", "1")
    monkeypatch.setenv("CXSTREAM_TELEMETRY_PORT", "1")
    code, found = findings(run)
    assert code == 1
    assert found["kafka"]["verdict"] == found["clickhouse"]["verdict"] == "wrong"
    assert "nothing listens at 127.0.0.1:1" in found["kafka"]["found"]
    assert "cxstream up" in found["clickhouse"]["cure"]
    assert found["worker"]["verdict"] == "attention"


def test_a_person_gets_a_line_for_each_and_an_arrow_to_the_cure(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXSTREAM_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", "1")
    out = run("doctor").out
    assert "✗ kafka" in out
    assert "→ start it (here: cxstream up)" in out


@pytest.mark.usefixtures("topics", "engine")
def test_a_topic_that_is_missing_names_the_command_that_makes_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXSTREAM_SOURCE_TOPICS", "nowhere")
    code, found = findings(run)
    assert code == 1
    assert found["topic nowhere"]["verdict"] == "wrong"
    assert "cxstream topics" in found["topic nowhere"]["cure"]


async def send(settings: Settings, records: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, acks="all") as producer:
        for number in range(records):
            await producer.send_and_wait(settings.source_topics[0], b"{}", partition=number % 2)


@pytest.mark.usefixtures("engine", "telemetry")
def test_records_that_wait_while_a_worker_answers_need_attention_at_most(run: Run, topics: Settings) -> None:
    asyncio.run(send(topics, 5))
    _, found = findings(run)
    assert found["lag"]["verdict"] == "attention"
    assert found["lag"]["found"] == f"records that wait: {topics.source_topics[0]} 5"


@pytest.mark.usefixtures("engine")
def test_records_that_wait_for_nobody_are_wrong_and_it_says_how_to_start_a_worker(
    run: Run, topics: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXSTREAM_TELEMETRY_PORT", "1")
    asyncio.run(send(topics, 5))
    code, found = findings(run)
    assert code == 1
    assert found["lag"]["verdict"] == "wrong"
    assert f"{topics.source_topics[0]} 5; nobody reads them" in found["lag"]["found"]
    assert topics.kafka_group in found["lag"]["found"]
    assert "cxstream worker" in found["lag"]["cure"]
    assert "cxstream up" in found["lag"]["cure"]


@pytest.mark.usefixtures("engine")
async def test_records_that_wait_for_a_worker_of_another_machine_need_attention(
    run: Run, topics: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXSTREAM_TELEMETRY_PORT", "1")
    await send(topics, 5)
    elsewhere = AIOKafkaConsumer(
        *topics.source_topics,
        bootstrap_servers=topics.kafka_bootstrap,
        group_id=topics.kafka_group,
        enable_auto_commit=False,
    )
    async with elsewhere:
        _, found = await asyncio.to_thread(findings, run)
    assert found["lag"]["verdict"] == "attention"
    assert found["worker"]["verdict"] == "attention"


@pytest.mark.usefixtures("topics", "engine")
def test_tls_towards_a_plain_listener_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_KAFKA_TLS", "true")
    code, found = findings(run)
    assert code == 1
    assert "does not speak TLS, and kafka_tls is true" in found["kafka"]["found"]


@pytest.mark.usefixtures("topics", "engine")
def test_a_login_that_the_listener_does_not_know_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SASL_MECHANISM", "PLAIN"), ("USER", "u"), ("PASSWORD", "hunter2")):
        monkeypatch.setenv(f"CXSTREAM_KAFKA_{name}", value)
    monkeypatch.setenv("CXSTREAM_KAFKA_ALLOW_PLAINTEXT_CREDENTIALS", "true")
    code, found = findings(run)
    assert code == 1
    assert "refuses" in found["kafka"]["found"]
    assert "kafka_sasl_mechanism" in found["kafka"]["cure"]
    assert "hunter2" not in json.dumps(found)


@pytest.mark.usefixtures("topics", "engine")
def test_a_wrong_password_of_clickhouse_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXSTREAM_CLICKHOUSE_ANALYST_PASSWORD", "wrong")
    code, found = findings(run)
    assert code == 1
    assert found["clickhouse analyst"]["verdict"] == "wrong"
    assert "clickhouse_analyst_password" in found["clickhouse analyst"]["cure"]
    assert found["clickhouse writer"]["verdict"] == "good"
    assert "residual" not in found


@pytest.mark.usefixtures("topics")
def test_a_residual_is_wrong_and_many_rejections_need_attention(run: Run, engine: Writer) -> None:
    accepted = row(IntakeRow, offset=0)
    engine.write("intake", [accepted, row(IntakeRow, offset=1, outcome="bad_time", hash=0)])
    code, found = findings(run)
    assert code == 1
    assert found["residual"]["verdict"] == "wrong"
    assert found["rejections"]["verdict"] == "attention"
    assert found["rejections"]["found"] == "1 of 2 in the newest hour"


@pytest.mark.usefixtures("topics", "engine")
def test_a_stuck_worker_is_wrong(run: Run, telemetry: Telemetry) -> None:
    telemetry.lags({("stitch", 0): 7})
    code, found = findings(run)
    assert code == 1
    assert "7 records wait and nothing was written" in found["worker"]["found"]


@pytest.mark.parametrize(("mode", "verdict"), [(0o400, "good"), (0o444, "attention")])
@pytest.mark.usefixtures("topics", "engine")
def test_the_key_is_for_the_workers_eyes_only(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, verdict: str
) -> None:
    (tmp_path / "key").write_bytes(bytes(32))
    (tmp_path / "key").chmod(mode)
    monkeypatch.setenv("CXSTREAM_HMAC_KEY_FILE", str(tmp_path / "key"))
    assert findings(run)[1]["hmac key"]["verdict"] == verdict


def test_a_plain_listener_is_not_taken_for_tls(kafka: LocalKafka) -> None:
    assert not speaks_tls(*split(kafka.bootstrap))


def test_servers_that_hang_are_said_to_hang_within_ten_seconds(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kafka, socket.create_server(("127.0.0.1", 0)) as engine:
        monkeypatch.setenv("CXSTREAM_KAFKA_BOOTSTRAP", f"127.0.0.1:{kafka.getsockname()[1]}")
        monkeypatch.setenv("CXSTREAM_CLICKHOUSE_PORT", str(engine.getsockname()[1]))
        monkeypatch.setenv("CXSTREAM_TELEMETRY_PORT", "0")
        started = time.monotonic()
        code, found = findings(run)
    assert time.monotonic() - started < 15  # the machine may be busy; alone it takes 9
    assert code == 1
    for what in ("kafka", "clickhouse"):
        assert "does not answer" in found[what]["found"]
        for blame in ("sasl", "password"):
            assert blame not in found[what]["cure"]
    assert not any("password" in one["cure"] for one in found.values())
