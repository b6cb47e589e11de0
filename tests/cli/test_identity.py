"""`cxstream identity`: who is behind an identifier, how that is known, and how it was known on a day."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.core.interaction import Interaction
from pipeline.store.write import Writer
from tests.cli.conftest import Run
from tests.cli.told import tell
from tests.core.build import interaction, moment

pytestmark = pytest.mark.real


def seen(at: str, ids: str, **fields: Any) -> Interaction:
    return interaction("page_viewed", at=at, ids=ids, **fields)


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


Shown = Callable[..., list[str]]


@pytest.fixture
def shown(run: Run, engine: Writer) -> Shown:
    """Lines of the command over these interactions."""

    def lines(made: list[Interaction], *arguments: str) -> list[str]:
        tell(engine, made)
        done = run("identity", *arguments)
        assert (done.code, done.err) == (0, "")
        return lines_of(done.out)

    return lines


def after(lines: list[str], title: str) -> list[str]:
    return lines[lines.index(title) + 1 :]


OWNERS = "whose the interactions are that carried it"

SHARED = [
    seen("10:00", "device:tab customer:1"),
    seen("10:10", "device:tab"),
    seen("2d 10:00", "device:tab"),
    seen("3d 10:00", "device:tab customer:2"),
    seen("3d 10:05", "device:tab"),
    seen("4d 10:00", "device:tab customer:1"),
]


def test_a_shared_device_is_a_sequence_of_people_and_nobody(shown: Shown) -> None:
    lines = shown(SHARED, "device:tab")
    assert lines[0] == "device:tab is shared by 2: customer:1, customer:2"
    assert (
        "live customer:2 · several people use this machine: what it did goes to whoever was seen around it"
        in lines
    )
    assert after(lines, OWNERS) == [
        "2026-01-01 10:00 → 2026-01-01 10:10 2 interactions customer:1",
        "2026-01-03 10:00 1 interaction nobody (device:tab itself)",
        "2026-01-04 10:00 → 2026-01-04 10:05 2 interactions customer:2",
        "2026-01-05 10:00 1 interaction customer:1",
    ]


LATE = [
    seen("10:00", "anonymous:a"),
    seen("1d 10:00", "anonymous:a"),
    seen("5d 10:00", "anonymous:a email:k1:ada"),
    seen("6d 10:00", "email:k1:ada customer:42"),
]


def test_a_chain_is_followed_hop_by_hop_with_its_evidence(shown: Shown) -> None:
    lines = shown(LATE, "anonymous:a")
    assert lines[:6] == [
        "anonymous:a → customer:42",
        "links to",
        "live email:k1:ada · they were seen together",
        "1 interaction, 2026-01-06 10:00, first by web/page_viewed@5d 10:00",
        "live customer:42 · they were seen together",
        "1 interaction, 2026-01-07 10:00, first by web/page_viewed@6d 10:00",
    ]
    assert after(lines, OWNERS) == ["2026-01-01 10:00 → 2026-01-06 10:00 3 interactions customer:42"]


def test_a_late_identify_was_not_known_then(shown: Shown) -> None:
    lines = shown(LATE, "anonymous:a", "--on", "2026-01-02")
    assert after(lines, "on 2026-01-02 (UTC)") == [
        "as known now: customer:42 (1 interaction)",
        "as known then: nobody (anonymous:a itself) (1 interaction)",
        "they differ because of page_viewed web/page_viewed@6d 10:00, which came on 2026-01-07 10:00",
    ]


UNLINKED = [
    seen("10:00", "anonymous:a customer:42"),
    seen("2d 10:00", "anonymous:a"),
    seen("9d 10:00", "anonymous:a"),
    interaction(
        "identity_unlinked", at="3d 00:00", ids="anonymous:a customer:42", received=moment("7d 12:00")
    ),
]


def test_an_unlinked_visitor_is_somebody_before_and_nobody_after(shown: Shown) -> None:
    lines = shown(UNLINKED, "anonymous:a", "--on", "2026-01-03")
    assert lines[0] == "anonymous:a is its own: no live link leads to anybody else"
    assert lines[2].startswith("removed customer:42 · taken back by an identity_unlinked")
    assert after(lines, OWNERS)[:2] == [
        "2026-01-01 10:00 1 interaction customer:42",
        "2026-01-03 10:00 → 2026-01-10 10:00 2 interactions nobody (anonymous:a itself)",
    ], "the unlink itself is nothing that the visitor did"
    assert after(lines, "on 2026-01-03 (UTC)") == [
        "as known now: nobody (anonymous:a itself) (1 interaction)",
        "as known then: customer:42 (1 interaction)",
        "they differ because of identity_unlinked web/identity_unlinked@3d 00:00, which came on 2026-01-08 12:00",
    ]


def test_after_an_unlink_has_come_then_and_now_are_the_same(shown: Shown) -> None:
    assert after(shown(UNLINKED, "anonymous:a", "--on", "2026-01-10"), "on 2026-01-10 (UTC)") == [
        "as known now: nobody (anonymous:a itself) (1 interaction)",
        "as known then: nobody (anonymous:a itself) (1 interaction)",
    ]


def test_a_day_without_interactions_tells_the_last_before_it(shown: Shown) -> None:
    assert after(shown(LATE, "anonymous:a", "--on", "2026-01-04"), "on 2026-01-04 (UTC)")[:2] == [
        "nothing carried it that day; the last interaction before it:",
        "as known now: customer:42 (1 interaction)",
    ]


def test_what_had_not_come_yet_is_told(shown: Shown) -> None:
    made = [
        seen("10:00", "cart:C customer:1"),
        seen("11:00", "cart:C customer:1", received=moment("3d 00:00")),
    ]
    assert after(shown(made, "cart:C", "--on", "2026-01-01"), "on 2026-01-01 (UTC)") == [
        "as known now: customer:1 (2 interactions)",
        "as known then: customer:1 (1 interaction), 1 interaction had not come yet",
        "they differ because of page_viewed web/page_viewed@11:00, which came on 2026-01-04 00:00",
    ]


def test_two_customers_are_refused_in_words(shown: Shown) -> None:
    lines = shown([seen("10:00", "customer:1 customer:2")], "customer:2")
    assert lines[2] == "refused customer:1 · two customers are never joined, whatever they share"
    again = shown([seen("10:00", "customer:1 customer:2")], "customer:1")
    assert "refused · 1" in again
    assert again[again.index("refused · 1") + 1].startswith("refused customer:2 · two customers")


def test_over_its_limit_an_address_belongs_to_nobody(shown: Shown) -> None:
    info = "email:k1:" + 32 * "0"
    made = [seen(f"{n}d 10:00", f"{info} customer:{n}") for n in (1, 2)]
    lines = shown([*made, seen("3d 10:00", info)], info)
    assert lines[0] == f"{info} is its own: no live link leads to anybody else"
    assert sum("more people than it may be shared by: it belongs to nobody" in line for line in lines) == 2
    assert after(lines, OWNERS)[-1] == f"2026-01-04 10:00 1 interaction nobody ({info} itself)"


def test_over_its_limit_a_device_still_has_people(shown: Shown) -> None:
    lines = shown([seen(f"{n}d 10:00", f"device:till customer:{n}") for n in range(5)], "device:till")
    assert sum("more people than a machine of one household" in line for line in lines) == 5
    assert [line.split()[-1] for line in after(lines, OWNERS)] == [f"customer:{n}" for n in range(5)]


def test_what_links_to_it_is_counted_beyond_a_hundred(shown: Shown) -> None:
    lines = shown([seen(f"{n // 60}:{n % 60}", f"order:{n} customer:1") for n in range(103)], "customer:1")
    assert "live · 103" in lines
    assert "… and 3 more" in lines


def test_json_holds_all_of_it(run: Run, engine: Writer) -> None:
    tell(engine, LATE)
    document = json.loads(run("identity", "a", "--on", "2026-01-02", "--json").out)
    assert document["identifier"] == "anonymous:a"
    assert document["customers"] == ["customer:42"]
    assert [link["to_identifier"] for link in document["links"]] == ["email:k1:ada", "customer:42"]
    assert document["links"][0]["words"] == "they were seen together"
    assert document["owners"][0]["first_at"] == "2026-01-01T10:00:00+00:00"
    assert document["on"]["differs"] is True
    assert document["on"]["because"]["id"] == "page_viewed@6d 10:00"


def test_json_gives_no_time_for_what_was_never_seen(run: Run, engine: Writer) -> None:
    tell(engine, [interaction("identity_unlinked", at="10:00", ids="anonymous:a customer:42")])
    (link,) = json.loads(run("identity", "anonymous:a", "--json").out)["links"]
    assert (link["reason"], link["evidence"]) == ("no_such_link", 0)
    assert (link["first_seen"], link["last_seen"]) == (None, None)


@pytest.mark.usefixtures("engine")
def test_who_is_unknown_is_told_with_a_way_out(run: Run) -> None:
    done = run("identity", "O-404")
    assert (done.code, done.out) == (1, "")
    assert "customer:O-404: no interaction that was accepted carries it" in done.err
    assert "Check the spelling and the kind" in done.err


def test_a_day_that_is_none_is_wrong_usage(run: Run) -> None:
    assert run("identity", "42", "--on", "yesterday").code == 2
