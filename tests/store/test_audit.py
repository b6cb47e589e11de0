"""cx.audit: what is odd in what was accepted is found, counted, and shown by example."""

import json
from typing import Any

from pipeline.core.row import IdentityRow, InteractionRow, WindowRow
from pipeline.store.read import Reader
from pipeline.store.write import Writer
from tests.store.rows import row


def found(analyst: Reader) -> dict[tuple[str, str], tuple[int, list[str]]]:
    rows = analyst.query("SELECT finding, what, found, examples FROM cx.audit").rows
    return {(finding, what): (count, examples) for finding, what, count, examples in rows}


def answered(number: int, **said: Any) -> InteractionRow:
    data = {"kind": "csat", "score": 3, "scale_min": 1, "scale_max": 5} | said
    return row(InteractionRow, id=f"i-{number}", type="survey_answered", data=json.dumps(data))


def ordered(number: int, *currencies: str) -> InteractionRow:
    products = [{"product_id": "p", "price": {"amount": 1, "currency": each}} for each in currencies]
    data = {"revenue": {"amount": 5, "currency": "EUR"}, "products": products}
    return row(InteractionRow, id=f"o-{number}", type="order_completed", data=json.dumps(data))


def test_nothing_odd_is_no_row(analyst: Reader, writer: Writer) -> None:
    writer.write("interactions", [answered(1), ordered(1, "EUR", "EUR"), row(InteractionRow)])
    writer.write("identity", [row(IdentityRow, state="live", reason="")])
    writer.write("metric_windows", [row(WindowRow, campaign="spring")])
    assert found(analyst) == {}


def test_scores_off_their_scale_are_found(analyst: Reader, writer: Writer) -> None:
    answers = [answered(1, score=6), answered(2, score=1), answered(3, kind="nps"), answered(4, score=0)]
    writer.write("interactions", answers)
    assert found(analyst) == {
        ("score_off_its_scale", "csat"): (2, ["i-1", "i-4"]),
        ("score_off_its_scale", "nps"): (1, ["i-3"]),
    }


def test_an_order_with_prices_in_another_currency_is_found(analyst: Reader, writer: Writer) -> None:
    writer.write("interactions", [ordered(1, "EUR", "USD"), ordered(2, "EUR")])
    assert found(analyst) == {("currencies_mixed", ""): (1, ["o-1"])}


def test_copies_that_differ_and_copies_with_other_anchors_are_found(analyst: Reader, writer: Writer) -> None:
    writer.write(
        "interactions",
        [
            row(InteractionRow, id="a", hash=1),
            row(InteractionRow, id="a", hash=2),
            row(InteractionRow, id="b", hash=1),
            row(InteractionRow, id="b", hash=2, anchor="customer:7"),
        ],
    )
    assert found(analyst) == {
        ("conflicting_duplicate", ""): (2, ["a", "b"]),
        ("several_anchors", ""): (1, ["b"]),
    }


def test_refused_links_are_found_by_reason_and_kind_unless_a_stronger_one_outranks_them(
    analyst: Reader, writer: Writer
) -> None:
    reasons = [("email:a", "limit"), ("email:b", "limit"), ("device:c", "limit"), ("email:d", "outranked")]
    writer.write(
        "identity",
        [row(IdentityRow, from_identifier=who, state="refused", reason=why) for who, why in reasons],
    )
    assert found(analyst) == {
        ("link_refused_limit", "email"): (2, ["email:a", "email:b"]),
        ("link_refused_limit", "device"): (1, ["device:c"]),
    }


def test_a_dimension_that_floods_is_found(analyst: Reader, writer: Writer) -> None:
    many = [row(WindowRow, app_version=f"v{number:03}", n=999 - number) for number in range(103)]
    writer.write("metric_windows", many)
    assert found(analyst) == {("dimension_value_in_other", "app_version"): (3, ["v100", "v101", "v102"])}
