"""`cxstream journey`: who is meant, and the story that is told."""

import json
from pathlib import Path

import pytest

from pipeline.cli.frictions import KINDS
from pipeline.cli.money import money
from pipeline.cli.timeline import span
from pipeline.core import bad
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.row import IdentityRow
from pipeline.store.write import Writer
from tests.cli.conftest import Run
from tests.cli.told import tell
from tests.core.build import interaction
from tests.store.rows import row

pytestmark = pytest.mark.real
KEY = bytes(range(32))
LATE = "✗ no first reply in time · deadline 2026-03-03 17:13 · score 3.0 · streak 2 · threshold crossed"


@pytest.fixture
def email(story: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada's address; only its hash is stored."""
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv("CXSTREAM_HMAC_KEY_FILE", str(tmp_path / "key"))
    hashed = pseudonyms(KEY, "k1")("email:ada@example.com")
    story.write("identity", [row(IdentityRow, from_identifier=hashed, to_identifier="customer:42")])
    return " Ada@Example.com "


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.usefixtures("story")
def test_the_story_has_sessions_stages_frictions_and_why(run: Run) -> None:
    done = run("journey", "customer:42")
    assert done.code == 0
    lines = lines_of(done.out)
    assert lines[0] == "customer:42"
    assert lines[1] == "known as anonymous:a-9f, cart:C1, order:O-7"
    assert lines[2] == (
        "1 journey · 3 sessions · 6 touchpoints · 1 order · 2 frictions, 2 in 90 days, streak 2"
    )
    assert lines[3].startswith("own id: the interaction names the customer; link x3: by links")
    begin = next(n for n, line in enumerate(lines) if line.startswith("journey 1 of 1 · purchased · served"))
    assert lines[begin + 1 : begin + 17] == [
        "2026-03-01 10:13 → open · web → store → email · order O-7 · 49.00 EUR · 2 frictions · 1 contact",
        "┌ session · web · 7 min · 3 interactions",
        "├─ discover",
        "│ 2026-03-01 10:13:00 web page_viewed person link x1",
        "├─ consider",
        "│ 10:15:00 +2 min web product_viewed person link x1",
        "├─ check out",
        "│ 10:20:00 +5 min web payment_failed person own id ✗ payment failed · score 1.0 · streak 1",
        "┊ 1 d 5 h of silence",
        "┌ session · store · 0 s · 1 interaction",
        "├─ purchased",
        "│ 2026-03-02 16:13:00 +1 d 5 h → store order_completed correlation own id",
        "┌ session · email · 0 s · 1 interaction",
        "├─ served",
        "│ 17:13:00 +1 h → email ticket_created support link x1",
        f"│ 2026-03-03 17:13:00 {LATE}",
    ]
    assert lines[-2].startswith("in no journey")
    assert lines[-1] == "│ 2026-03-02 18:13:00 web consent_given own id"


@pytest.mark.parametrize("text", ["42", "O-7", "C1", "cart:C1", "a-9f", "order:O-7", "invoice:R-1"])
@pytest.mark.usefixtures("story")
def test_any_identifier_leads_to_its_customer(run: Run, text: str) -> None:
    assert run("journey", text).out.startswith("customer:42\n")


def test_an_email_address_is_hashed_before_anything_is_asked(run: Run, email: str) -> None:
    done = run("journey", email)
    assert done.out.startswith("customer:42\n")
    assert "ada@example.com" not in (done.out + done.err).lower()


@pytest.mark.usefixtures("story")
def test_an_email_address_without_the_key_is_a_clear_error(run: Run) -> None:
    done = run("journey", "ada@example.com")
    assert done.code == 2
    assert "hmac_key_file is not set" in done.err


@pytest.mark.usefixtures("story")
def test_who_is_unknown_is_told(run: Run) -> None:
    done = run("journey", "99")
    assert (done.code, done.out) == (1, "")
    assert done.err == "cxstream: 99: no interaction that was accepted carries it\n"


def test_a_value_of_two_kinds_takes_the_stronger_and_names_the_other(run: Run, story: Writer) -> None:
    story.write("identity", [row(IdentityRow, from_identifier="order:42", to_identifier="customer:7")])
    done = run("journey", "42")
    assert done.out.startswith("customer:42\n")
    assert done.err == "42 is also order:42\n"


def test_what_belongs_to_several_is_asked_back(run: Run, story: Writer) -> None:
    story.write("identity", [row(IdentityRow, from_identifier="anonymous:a-9f", to_identifier="customer:7")])
    done = run("journey", "anonymous:a-9f")
    assert done.code == 1
    assert "belongs to several: customer:42, customer:7; name one" in done.err


@pytest.mark.usefixtures("story")
def test_json_holds_all_of_it(run: Run) -> None:
    document = json.loads(run("journey", "42", "--json").out)
    assert document["customer"] == "customer:42"
    assert [step["number"] for step in document["touchpoints"]] == [1, 2, 3, 4, 5, 0]
    assert document["journeys"][0]["started"] == "2026-03-01T10:13:00+00:00"
    assert document["journeys"][0]["ended"] is None
    assert [one["kind"] for one in document["frictions"]] == ["payment_failed", "late_first_reply"]
    assert document["frictions"][1]["time"] == "2026-03-03T17:13:00+00:00"
    assert (document["totals"]["frictions_90_days"], document["totals"]["streak"]) == (2, 2)
    assert document["touchpoints"][0]["certainty"] == "link x1"


def test_a_step_by_a_shared_machine_says_so(run: Run, engine: Writer) -> None:
    seen = ("10:00", "device:tab customer:1"), ("10:10", "device:tab"), ("3d 10:00", "device:tab customer:2")
    tell(engine, [interaction("page_viewed", at=at, ids=ids) for at, ids in seen])
    steps = json.loads(run("journey", "1", "--json").out)["touchpoints"]
    assert [step["certainty"] for step in steps] == ["own id", "shared machine"]


def test_a_step_by_several_links_counts_the_weakest(run: Run, engine: Writer) -> None:
    email = "email:k1:" + 32 * "a"
    seen = (
        ("10:00", "cart:C"),
        *((f"11:0{n}", f"cart:C {email}") for n in range(4)),
        *((f"12:0{n}", f"{email} customer:1") for n in range(2)),
    )
    tell(engine, [interaction("page_viewed", at=at, ids=ids) for at, ids in seen])
    steps = json.loads(run("journey", "cart:C", "--json").out)["touchpoints"]
    assert [step["certainty"] for step in steps] == [*5 * ["link x2"], *2 * ["own id"]]


def test_every_kind_of_friction_has_words() -> None:
    shown = {*bad._BY_TYPE.values(), "attempt_failed", "exception", "zero_results", "slow_page", "low_survey"}
    assert shown | {"repeat_contact", "late_delivery", "late_first_reply"} == KINDS.keys()


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (4900, "EUR", "49.00 EUR"),
        (-5, "USD", "-0.05 USD"),
        (1234567, "JPY", "1,234,567 JPY"),
        (1500, "KWD", "1.500 KWD"),
        (12, "", "12 minor units"),
    ],
)
def test_money_has_its_currencys_digits(minor: int, currency: str, text: str) -> None:
    assert money(minor, currency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3700, "1 h 1 min"), (183_600, "2 d 3 h"), (86_460, "1 d")],
)
def test_a_span_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert span(seconds) == text
