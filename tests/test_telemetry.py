"""Telemetry: what is counted, what is served, and when a worker calls itself alive and ready."""

import io
import json
import logging
import socket
from collections.abc import Iterator
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from pipeline import log
from pipeline.settings import Secret
from pipeline.telemetry import Counter, Gauge, Health, Histogram, Telemetry
from pipeline.telemetry.server import TelemetryError, TelemetryServer


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Row(NamedTuple):
    partition: int
    watermark: int


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(stuck_after_seconds=120, silent_after_seconds=30, clock=clock)


@pytest.fixture
def telemetry(health: Health) -> Telemetry:
    return Telemetry(health)


@pytest.fixture
def url(telemetry: Telemetry) -> Iterator[str]:
    with TelemetryServer(telemetry, "127.0.0.1", 0) as server:
        yield "http://{}:{}".format(*server.address)


def samples(telemetry: Telemetry) -> dict[tuple[str, ...], float]:
    """Values by name and label values, labels in the order of their names."""
    families = text_string_to_metric_families(telemetry.text().decode())
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def get(address: str) -> tuple[int, str]:
    try:
        with urlopen(address, timeout=5) as answer:  # noqa: S310 - loopback, made by the fixture
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_received_is_accepted_and_rejected(telemetry: Telemetry) -> None:
    telemetry.admitted("interactions.web", 97, {"unreadable": 2, "future": 1})
    seen = samples(telemetry)
    assert seen["cxstream_received_records_total", "interactions.web"] == 100
    assert seen["cxstream_accepted_records_total", "interactions.web"] == 97
    assert seen["cxstream_rejected_records_total", "unreadable", "interactions.web"] == 2


def test_a_confirmed_flush_counts_rows_words_and_the_watermark(telemetry: Telemetry) -> None:
    tables = {"ledger": range(3), "sessions": range(2)}
    telemetry.stitched(tables, [Row(5, 1_700_000_000_500), Row(6, 0)], told=4, words=1)
    seen = samples(telemetry)
    assert seen["cxstream_messages_told_total",] == 4
    assert seen["cxstream_messages_new_total",] == 3
    assert seen["cxstream_words_sent_total",] == 1
    assert seen["cxstream_rows_written_total", "sessions"] == 2
    assert seen["cxstream_flushes_total", "stitch"] == 1
    assert seen["cxstream_watermark_timestamp_seconds", "5"] == 1_700_000_000.5
    assert ("cxstream_watermark_timestamp_seconds", "6") not in seen
    assert seen["cxstream_last_write_timestamp_seconds",] > 1_700_000_000


def test_a_duration_is_observed_also_when_the_block_raises(telemetry: Telemetry) -> None:
    with pytest.raises(KeyError), telemetry.timed(Histogram.WRITE, "sessions"):
        raise KeyError
    with telemetry.batch("stitch"):
        pass
    seen = samples(telemetry)
    assert seen["cxstream_write_seconds_count", "sessions"] == 1
    assert seen["cxstream_batch_seconds_count", "stitch"] == 1


def test_what_writing_took_is_kept_by_table(telemetry: Telemetry) -> None:
    telemetry.wrote({"sessions": 0.2, "journeys": 1.5})
    seen = samples(telemetry)
    assert seen["cxstream_write_seconds_sum", "sessions"] == 0.2
    assert seen["cxstream_write_seconds_sum", "journeys"] == 1.5


def test_the_lag_of_a_partition_that_left_is_gone(telemetry: Telemetry) -> None:
    telemetry.lags({("stitch", 0): 5, ("stitch", 1): 0})
    telemetry.lags({("stitch", 1): 7})
    lags = {key: value for key, value in samples(telemetry).items() if key[0] == "cxstream_lag_records"}
    assert lags == {("cxstream_lag_records", "1", "stitch"): 7}


def test_every_name_in_the_catalogue_is_served_and_none_twice(telemetry: Telemetry) -> None:
    names = [one.value.name for kind in (Counter, Gauge, Histogram) for one in kind]
    assert len(names) == len(set(names))
    text = telemetry.text().decode()
    for name in names:
        assert f"# HELP {name} " in text


def test_metrics_are_served_in_prometheus_text(telemetry: Telemetry, url: str) -> None:
    telemetry.caches({"actors": 12})
    status, text = get(f"{url}/metrics")
    assert status == 200
    assert 'cxstream_cache_entries{cache="actors"} 12.0' in text
    assert "process_resident_memory_bytes" in text


def test_an_unknown_path_says_which_exist(url: str) -> None:
    assert get(f"{url}/table") == (404, "there are /metrics, /healthz, /readyz\n")


def test_a_taken_port_is_a_clear_error(telemetry: Telemetry) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TelemetryError, match=f"127.0.0.1:{port}.*set telemetry_port"):
            TelemetryServer(telemetry, "127.0.0.1", port)


def test_health_is_told_while_the_event_loop_is_stuck(health: Health, clock: Clock, url: str) -> None:
    health.beat()
    assert get(f"{url}/healthz") == (200, "alive\n")
    clock.now += 31
    assert get(f"{url}/healthz") == (503, "the event loop has not turned for 31 s\n")


def test_telling_the_lag_tells_that_the_event_loop_turns(telemetry: Telemetry, clock: Clock) -> None:
    clock.now += 31
    assert not telemetry.health.alive().good
    telemetry.lags({("stitch", 0): 0})
    assert telemetry.health.alive().good


def test_a_worker_that_writes_nothing_while_records_wait_is_stuck(health: Health, clock: Clock) -> None:
    health.behind(10)
    clock.now += 121
    health.beat()
    assert health.alive().why == "10 records wait and nothing was written for 121 s"
    health.wrote()
    assert health.alive().good


def test_an_idle_worker_is_not_stuck(health: Health, clock: Clock) -> None:
    health.wrote()
    health.behind(0)
    clock.now += 3600
    health.beat()
    assert health.alive().good


def test_after_a_long_idle_time_the_first_records_get_their_full_time(health: Health, clock: Clock) -> None:
    health.wrote()
    health.behind(0)
    clock.now += 3600
    health.beat()
    health.behind(3)
    clock.now += 29
    assert health.alive().good


def test_a_worker_is_ready_once_it_has_partitions_and_wrote_or_has_nothing_to_write(
    telemetry: Telemetry, url: str
) -> None:
    assert get(f"{url}/readyz") == (503, "no partitions are assigned\n")
    telemetry.assigned({"interactions.web": 8, "stitch": 8})
    telemetry.lags({("stitch", 0): 5})
    assert get(f"{url}/readyz") == (503, "5 records wait and nothing was written yet\n")
    telemetry.confirmed("admit", {})
    assert get(f"{url}/readyz") == (200, "reads 16 partitions, 5 records wait\n")


def test_logs_are_json_lines_with_libraries_records_and_no_secret() -> None:
    stream = io.StringIO()
    log.configure("json", "info", stream)
    structlog.get_logger("pipeline.test").info("started", password=Secret("hunter2"), name="نرگس")
    structlog.get_logger("pipeline.test").debug("left out")
    logging.getLogger("aiokafka.consumer").info("left out too")
    logging.getLogger("aiokafka.consumer").warning("broker %s is gone", 3)
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["level"], first["logger"]) == ("started", "info", "pipeline.test")
    assert first["password"] == repr(Secret("x"))
    assert first["name"] == "نرگس"
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["logger"]) == ("broker 3 is gone", "aiokafka.consumer")


def test_a_library_is_named_as_people_know_it_and_says_no_place_in_its_tree() -> None:
    stream = io.StringIO()
    log.configure("json", "info", stream)
    logging.getLogger("abc").error("[^_App]: Crashed reason=%r", 7)
    said = json.loads(stream.getvalue())
    assert (said["event"], said["logger"]) == ("Crashed reason=7", "faust")


def fail() -> None:
    email = "a@example.com"
    raise ValueError(len(email))


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_logged_exception_shows_no_local_variables(form: log.Format) -> None:
    stream = io.StringIO()
    log.configure(form, "info", stream)
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "a@example.com" not in stream.getvalue()


def test_a_logged_exception_stays_on_one_line_of_json() -> None:
    stream = io.StringIO()
    log.configure("auto", "info", stream)
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["exception"][0]["exc_value"] == "13"
