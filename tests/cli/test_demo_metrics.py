"""The demo's table of metrics: one line for each over everything, from the real engine."""

import io

import pytest
from rich.console import Console

from pipeline.cli.demo_metrics import metrics_table
from pipeline.core.row import FinalityRow, WindowRow
from pipeline.settings import Settings
from pipeline.store.connect import server_of
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.cli.conftest import START
from tests.store.rows import row

pytestmark = pytest.mark.real

DAY = 86_400
FIRST = START // 1000 // DAY * DAY


def told() -> list[str]:
    reader = Reader(server_of(Settings.load(), "analyst"))
    console = Console(file=io.StringIO(), width=120)
    console.print(metrics_table(reader))
    reader.close()
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_line_has_the_whole_value_its_interval_n_the_final_share_and_the_days(engine: Writer) -> None:
    rates = {0: 10, 1: 20, 3: 30}
    windows = [
        row(
            WindowRow, metric="session_conversion", window=FIRST + day * DAY, numerator=rate, denominator=100, n=100
        )
        for day, rate in rates.items()
    ]  # fmt: skip
    engine.write("metric_windows", windows)
    engine.write("finality", [row(FinalityRow, watermark=(FIRST + 2 * DAY) * 1000)])
    assert told()[1] == "session_conversion 20.0 % 15.9 to 24.9 % 300 33% ▁┊▅ █"


def test_of_a_money_metric_the_currency_of_most_orders_is_shown(engine: Writer) -> None:
    orders = [
        row(
            WindowRow,
            metric="revenue",
            window=FIRST,
            currency=currency,
            numerator=1000 * n,
            denominator=0,
            n=n,
        )
        for currency, n in (("EUR", 3), ("USD", 7))
    ]
    engine.write("metric_windows", orders)
    (line,) = told()[1:]
    assert line == "revenue USD 7,000 minor units 7 0% ┊▄"


@pytest.mark.usefixtures("engine")
def test_without_windows_there_is_only_the_header() -> None:
    assert told() == ["metric value 95 % interval n final by day"]
