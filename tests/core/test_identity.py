"""Whose an interaction is, case by case; each also in random arrival orders with crashes, against the oracle."""

import pytest

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import answer
from tests.core.build import interaction
from tests.simulation.world import World

PAGE = "page_viewed"


def whose(*made: Interaction) -> dict[str, str]:
    """Give interaction id → customer, after checking that every arrival order gives the same tables."""
    for seed in range(10):
        assert World(seed).run(list(made)) == ""
    return {row.id: row.customer for row in answer(made, Meaning()).touchpoints}


def page(at: str, ids: str, **fields: object) -> Interaction:
    return interaction(PAGE, at=at, ids=ids, **fields)


def unlink(at: str, pair: str) -> Interaction:
    return interaction("identity_unlinked", at=at, ids=pair)


def test_a_late_identify_moves_the_anonymous_past_to_the_customer() -> None:
    # a ---10:00---          a+c ---11:00---
    found = whose(page("10:00", "anonymous:a"), page("11:00", "anonymous:a customer:1"))
    assert found == {"page_viewed@10:00": "customer:1", "page_viewed@11:00": "customer:1"}


def test_a_sighting_reaches_ninety_days_and_no_further() -> None:
    found = whose(
        page("0d 09:59", "anonymous:a"),
        page("0d 10:00", "anonymous:a"),
        page("90d 10:00", "anonymous:a customer:1"),
        page("180d 10:00", "anonymous:a"),
        page("180d 10:01", "anonymous:a"),
    )
    assert found["page_viewed@0d 09:59"] == "anonymous:a"
    assert found["page_viewed@0d 10:00"] == "customer:1"
    assert found["page_viewed@180d 10:00"] == "customer:1"
    assert found["page_viewed@180d 10:01"] == "anonymous:a"


def test_a_chain_of_links_ends_at_the_customer() -> None:
    # cart -> anonymous -> email -> customer
    found = whose(
        page("10:00", "cart:k"),
        page("10:01", "cart:k anonymous:a"),
        page("10:02", "anonymous:a email:e"),
        page("10:03", "email:e customer:1"),
    )
    assert set(found.values()) == {"customer:1"}


def test_two_customers_are_never_joined_whatever_they_share() -> None:
    found = whose(
        page("10:00", "customer:1 email:e"),
        page("10:01", "customer:2 email:e"),
        page("10:02", "email:e"),
    )
    assert found["page_viewed@10:00"] == "customer:1"
    assert found["page_viewed@10:01"] == "customer:2"
    assert found["page_viewed@10:02"] == "email:e", (
        "seen with more customers than its limit, it links to nobody"
    )


def test_an_unlink_gives_what_there_would_be_without_the_link() -> None:
    found = whose(
        page("10:00", "anonymous:a"),
        page("10:01", "anonymous:a customer:1"),
        unlink("10:02", "customer:1 anonymous:a"),
        page("10:03", "anonymous:a"),
    )
    assert found["page_viewed@10:00"] == "anonymous:a"
    assert found["page_viewed@10:01"] == "customer:1", "it carries the customer itself"
    assert found["page_viewed@10:03"] == "anonymous:a"


def test_evidence_after_an_unlink_links_again_but_only_for_what_comes_after_it() -> None:
    found = whose(
        page("10:00", "anonymous:a"),
        page("10:01", "anonymous:a customer:1"),
        unlink("10:02", "customer:1 anonymous:a"),
        page("10:03", "anonymous:a"),
        page("10:04", "anonymous:a customer:1"),
    )
    assert found["page_viewed@10:00"] == "anonymous:a"
    assert found["page_viewed@10:03"] == "customer:1"


def test_a_shared_machine_belongs_to_who_was_there_before_and_after() -> None:
    # one tablet, one device session: c1 ... c1 ? c2 ... c2
    found = whose(
        page("10:00", "device:d customer:1"),
        page("10:05", "device:d", id="between one"),
        page("10:10", "device:d customer:1"),
        page("10:15", "device:d", id="between two"),
        page("10:20", "device:d customer:2"),
        page("10:25", "device:d", id="after"),
        page("15:00", "device:d", id="alone"),
    )
    assert found["between one"] == "customer:1"
    assert found["between two"] == "device:d", "what lies between two customers is nobody's"
    assert found["after"] == "customer:2"
    assert found["alone"] == "device:d", "nobody was seen in this device session"


def test_a_guest_order_lends_its_person_to_the_browser() -> None:
    found = whose(
        page("09:00", "anonymous:a", id="browsing"),
        interaction("order_completed", at="10:00", ids="order:7 anonymous:a"),
        interaction("invoice_issued", at="11:00", ids="order:7 customer:1"),
    )
    assert found["browsing"] == "customer:1"
    assert found["order_completed@10:00"] == "customer:1"


def test_a_thing_with_two_people_belongs_to_the_first() -> None:
    found = whose(
        page("10:00", "ticket:t customer:1"),
        page("10:01", "ticket:t customer:2"),
        page("10:02", "ticket:t", id="bare"),
    )
    assert found["bare"] == "customer:1"


def test_the_strongest_person_of_a_thing_wins_over_an_earlier_weaker_one() -> None:
    found = whose(
        page("10:00", "order:7 email:e"),
        page("10:01", "order:7 customer:1"),
        page("10:02", "order:7", id="bare"),
    )
    assert found["bare"] == "customer:1"


def test_a_better_copy_that_comes_late_replaces_the_first() -> None:
    early = page("10:00", "customer:1", id="one")
    late = page("10:05", "customer:1", id="one")
    for made in ([early, late], [late, early]):
        assert World(1).run(made) == ""
        (row,) = answer(made, Meaning()).touchpoints
        assert row.time == early.time


@pytest.mark.parametrize("pair", ["customer:1 customer:2", "device:d anonymous:a", "order:1 order:2"])
def test_identity_linked_never_joins_equals_or_machines(pair: str) -> None:
    weaker = sorted(pair.split())[1 if pair.startswith(("customer", "order")) else 0]
    found = whose(interaction("identity_linked", at="10:00", ids=pair), page("10:01", weaker, id="bare"))
    assert found["bare"] == weaker
