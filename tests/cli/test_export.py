"""`cxstream export`: the newest values of some metrics for Prometheus, bounded, and never stale without a sign."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.core.row import FinalityRow, WindowRow
from pipeline.exporter import Exporter, ReadHealth
from pipeline.settings import Settings, SettingsError
from pipeline.store.connect import server_of
from pipeline.store.errors import UnavailableError
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from pipeline.telemetry import Telemetry
from tests.cli.conftest import START
from tests.store.rows import row

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("hours")]

HOUR = 3600
FIRST = START // 1000 // HOUR * HOUR
"""The start of the hour."""


@pytest.fixture
def hours(engine: Writer) -> Writer:
    """Three hours of payments on two channels, of 100 each; the last is not final. Answers too few for a value."""
    payments = [
        row(
            WindowRow, metric="payment_failure_rate", window=FIRST + number * HOUR, channel=channel,
            source=channel, numerator=failed, denominator=100, n=100,
        )
        for channel, rates in (("web", (10, 20, 30)), ("app", (40, 50, 60)))
        for number, failed in enumerate(rates)
    ]  # fmt: skip
    answers = row(WindowRow, metric="nps", window=FIRST, channel="survey", numerator=100, denominator=1, n=1)
    engine.write("metric_windows", [*payments, answers])
    engine.write("finality", [row(FinalityRow, watermark=(FIRST + 2 * HOUR + 60) * 1000)])
    return engine


class Exporting:
    """An exporter at the real engine, with a clock that the test moves."""

    def __init__(self, **settings: str) -> None:
        given = {f"CXSTREAM_EXPORT_{name.upper()}": value for name, value in settings.items()}
        loaded = Settings.load({**os.environ, **given})
        self.now = 1_000_000.0
        self.reader = Reader(server_of(loaded, "analyst"))
        self.health = ReadHealth(loaded.export_seconds, lambda: self.now)
        self.telemetry = Telemetry(self.health)
        self.exporter = Exporter(loaded, self.reader, self.telemetry, self.health, lambda: self.now)

    def shown(self, name: str) -> dict[tuple[str, ...], float]:
        """Values by metric, channel, currency and final."""
        families = text_string_to_metric_families(self.telemetry.text().decode())
        order = ("metric", "channel", "currency", "final")
        return {
            tuple(one.labels[label] for label in order if label in one.labels): one.value
            for family in families
            for one in family.samples
            if one.name == name
        }


@pytest.fixture
def exporting() -> Iterator[Exporting]:
    made = Exporting()
    yield made
    made.reader.close()


def test_the_newest_final_and_the_newest_provisional_window_are_shown_with_n_and_start(
    exporting: Exporting,
) -> None:
    exporting.exporter.step()
    rate = "payment_failure_rate"
    assert exporting.shown("cxstream_metric_value") == {
        (rate, "all", "", "true"): 0.35,
        (rate, "all", "", "false"): 0.45,
        (rate, "web", "", "true"): 0.2,
        (rate, "web", "", "false"): 0.3,
        (rate, "app", "", "true"): 0.5,
        (rate, "app", "", "false"): 0.6,
    }
    assert exporting.shown("cxstream_metric_n")[rate, "all", "", "true"] == 200
    starts = exporting.shown("cxstream_metric_window_timestamp_seconds")
    assert (starts[rate, "all", "", "true"], starts[rate, "web", "", "false"]) == (
        FIRST + HOUR,
        FIRST + 2 * HOUR,
    )


def test_a_value_of_too_few_is_absent_and_its_n_is_told(exporting: Exporting) -> None:
    exporting.exporter.step()
    assert ("nps", "all", "", "true") not in exporting.shown("cxstream_metric_value")
    assert exporting.shown("cxstream_metric_n")["nps", "all", "", "true"] == 1


def test_a_window_that_became_final_is_provisional_no_more(exporting: Exporting, hours: Writer) -> None:
    exporting.exporter.step()
    hours.write("finality", [row(FinalityRow, watermark=(FIRST + 3 * HOUR) * 1000)])
    exporting.exporter.step()
    values = exporting.shown("cxstream_metric_value")
    assert {final for *_, final in values} == {"true"}
    assert values["payment_failure_rate", "all", "", "true"] == 0.45


def test_what_is_beyond_the_bound_is_dropped_and_counted() -> None:
    exporting = Exporting(series="3", metrics="payment_failure_rate,nps")
    exporting.exporter.step()
    assert set(exporting.shown("cxstream_metric_n")) == {
        ("payment_failure_rate", "all", "", "true"),
        ("payment_failure_rate", "all", "", "false"),
        ("nps", "all", "", "true"),
    }
    assert exporting.shown("cxstream_metric_series_dropped") == {(): 5}


class Away:
    """A server that is away."""

    def query(self, *_: Any) -> Any:
        raise UnavailableError("away")


def test_when_reads_fail_the_age_grows_and_after_a_minute_no_value_is_left(exporting: Exporting) -> None:
    exporting.exporter.step()
    exporting.exporter._reader = Away()  # type: ignore[assignment]
    exporting.now += 50
    exporting.exporter.step()
    assert len(exporting.shown("cxstream_metric_value")) == 6
    assert exporting.shown("cxstream_metrics_read_timestamp_seconds") == {(): 1_000_000}
    assert exporting.health.ready().good
    exporting.now += 50
    exporting.exporter.step()
    assert exporting.shown("cxstream_metric_value") == exporting.shown("cxstream_metric_n") == {}
    assert exporting.shown("cxstream_metric_reads_failed_total") == {(): 2}
    assert exporting.health.ready() == (False, "the metrics were read 100 s ago")
    exporting.exporter._reader = exporting.reader
    exporting.exporter.step()
    assert len(exporting.shown("cxstream_metric_value")) == 6
    assert exporting.health.ready().good


def test_a_metric_that_does_not_exist_is_refused_with_the_closest() -> None:
    with pytest.raises(SettingsError, match="there is no metric npc; did you mean nps"):
        Exporting(metrics="npc,csat")


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "pipeline", "export"]
    environment = os.environ | {"CXSTREAM_EXPORT_PORT": "0", "CXSTREAM_LOG_FORMAT": "json"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r'"port": (\d+)', process.stderr.readline())
        assert found is not None
        for _ in range(100):
            text = urlopen(f"http://127.0.0.1:{found[1]}/metrics", timeout=5).read().decode()
            if 'cxstream_metric_value{channel="all"' in text:
                break
            time.sleep(0.2)
        else:
            pytest.fail("no value was shown within 20 s")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
