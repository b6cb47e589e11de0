"""Every metric against plain SQL over the archive, on the real Kafka and the real engine."""

from collections.abc import Iterator

import pytest

from pipeline import catalogue
from pipeline.local.stack import LocalStack
from pipeline.store.connect import server_of
from pipeline.store.read import Reader
from tests.metrics.compare import HERE, compare, tell

METRICS = [metric.name for metric in catalogue.load().metrics]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with LocalStack(tmp_path_factory.mktemp("stack") / "data") as stack:
        stack.start_worker()
        tell(stack, 3_000)
        yield Reader(server_of(stack.settings(), "migrator"))


def test_every_metric_has_a_query() -> None:
    assert {*METRICS, "common"} == {file.stem for file in HERE.glob("*.sql")}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_is_what_plain_sql_counts(metric: str, told: Reader) -> None:
    compared = compare(told, metric)
    assert not compared.differing[:5]
    assert compared.windows
