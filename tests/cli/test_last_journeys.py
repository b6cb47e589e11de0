"""The service agent's query: the last journeys of the customer behind any identifier."""

import re
from pathlib import Path

import pytest

from pipeline.cli.reading import sql_of
from pipeline.core.interaction import KINDS
from pipeline.core.pseudonym import pseudonyms
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


@pytest.mark.usefixtures("journeys")
def test_a_service_desk_asks_by_one_command_and_types_an_email_in_clear(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journeys: Writer
) -> None:
    (tmp_path / "key").write_bytes(b"k" * 16)
    monkeypatch.setenv("CXSTREAM_HMAC_KEY_FILE", str(tmp_path / "key"))
    stored = pseudonyms(b"k" * 16, "k1")("email:ada@example.com")
    journeys.write("identity", [row(IdentityRow, from_identifier=stored, to_identifier="customer:1")])
    for identifier in ("Ada@Example.com", "email:ada@example.com", stored, "order:7"):
        done = run("journeys", identifier, "--last", "2", "--format", "csv")
        assert (done.code, done.err) == (0, "")
        assert [line.split(",")[1] for line in done.out.splitlines()[1:]] == ["j12", "j11"]
    nobody = run("journeys", "order:404")
    assert (nobody.code, nobody.out) == (1, "")
    assert "order:404: no journey of anybody behind it" in nobody.err


@pytest.mark.usefixtures("journeys")
def test_verify_counts_what_differs_from_the_archive_and_ends_with_1(run: Run) -> None:
    done = run("verify", "--show", "1")
    assert done.code == 1
    assert re.search(r"journeys +0 rows +6 differ\n +wrong: JourneyRow\(", done.out)


@pytest.mark.usefixtures("engine")
def test_verify_of_what_is_equal_ends_with_0(run: Run) -> None:
    done = run("verify")
    assert done.code == 0
    assert done.out.count(" 0 differ") == 6
