"""The service agent's query: the last journeys of the customer behind any identifier."""

import pytest

from pipeline.cli.reading import sql_of
from pipeline.core.interaction import KINDS
from pipeline.core.row import IdentityRow, JourneyRow
from pipeline.store.write import Writer
from tests.cli.conftest import Run
from tests.store.rows import AT, row

pytestmark = pytest.mark.real

LINKS = (
    ("cart:c", "anonymous:a"),
    ("anonymous:a", "email:k1:h"),
    ("email:k1:h", "customer:1"),
    ("order:7", "customer:1"),
    ("ticket:t", "order:7"),
    ("device:tab", "customer:1"),
    ("device:tab", "customer:2"),
)


@pytest.fixture
def journeys(engine: Writer) -> Writer:
    engine.write("identity", [row(IdentityRow, from_identifier=a, to_identifier=b) for a, b in LINKS])
    refused = {"state": "refused", "reason": "belongs_to_another"}
    engine.write(
        "identity", [row(IdentityRow, from_identifier="order:7", to_identifier="customer:2", **refused)]
    )
    engine.write(
        "journeys",
        [
            row(
                JourneyRow,
                customer=f"customer:{who}",
                journey_id=f"j{who}{n}",
                started=AT + n,
                last_step_at=AT + n,
            )
            for who in (1, 2)
            for n in range(3)
        ],
    )
    return engine


def last(run: Run, identifier: str, count: int = 2) -> list[str]:
    done = run(
        "query",
        "\n" + sql_of("last_journeys"),
        "-f",
        "csv",
        "-p",
        f"identifier={identifier}",
        "-p",
        f"last={count}",
    )
    assert (done.code, done.err) == (0, "")
    return [line.split(",")[1] for line in done.out.splitlines()[1:]]


@pytest.mark.parametrize(
    "identifier", ["cart:c", "anonymous:a", "email:k1:h", "order:7", "ticket:t", "customer:1"]
)
@pytest.mark.usefixtures("journeys")
def test_any_identifier_leads_to_the_newest_journeys(run: Run, identifier: str) -> None:
    assert last(run, identifier) == ["j12", "j11"]


@pytest.mark.usefixtures("journeys")
def test_a_shared_machine_leads_to_each_of_its_people(run: Run) -> None:
    assert sorted(last(run, "device:tab", 1)) == ["j12", "j22"]


@pytest.mark.usefixtures("journeys")
def test_who_is_unknown_has_none(run: Run) -> None:
    assert last(run, "order:404") == []


def test_it_ends_whatever_the_table_holds(run: Run, journeys: Writer) -> None:
    circle = [("order:7", "ticket:t"), ("customer:1", "order:7"), ("order:7", "order:7")]
    journeys.write("identity", [row(IdentityRow, from_identifier=a, to_identifier=b) for a, b in circle])
    assert last(run, "ticket:t") == ["j12", "j11"]


def test_it_knows_the_kinds_in_their_order() -> None:
    text = sql_of("last_journeys")
    places = [text.index(f"'{kind}'") for kind in KINDS]
    assert places == sorted(places)
