"""Limits: identifiers with too many persons, and actors that hold too much to be anybody (docs/decisions/0008)."""

from itertools import permutations

from pipeline.core.interaction import Interaction
from pipeline.core.meaning import DAY, Meaning
from pipeline.core.row import FrictionRow, JourneyRow, SessionRow, TouchpointRow, WindowRow
from tests.core.build import interaction
from tests.core.stream import Stream
from tests.simulation.world import FLOWS


def page(at: str, ids: str, **fields: object) -> Interaction:
    return interaction("page_viewed", at=at, ids=ids, id=at, **fields)


def mail_of(*customers: str, source: str = "web") -> list[Interaction]:
    """One email: seen alone, then with each of the customers."""
    together = [
        page(f"1{n}:00", f"customer:{customer} email:e", source=source)
        for n, customer in enumerate(customers)
    ]
    return [page("09:00", "email:e"), *together]


def test_an_email_with_more_customers_than_its_limit_is_nobodys() -> None:
    assert Stream().tell(mail_of("1")).customers()["09:00"] == "customer:1"
    told = Stream().tell(mail_of("1", "2"))
    assert told.customers()["09:00"] == "email:e"
    assert set(told.links().values()) == {("refused", "limit")}


def test_a_limit_is_settable_by_kind_and_by_source_and_the_highest_holds() -> None:
    by_kind, by_source = Meaning(limits={"email": 2}), Meaning(limits={"email@till": 2})
    assert Stream(by_kind).tell(mail_of("1", "2")).customers()["09:00"] == "customer:1"
    assert Stream(by_source).tell(mail_of("1", "2")).customers()["09:00"] == "email:e"
    assert Stream(by_source).tell(mail_of("1", "2", source="till")).customers()["09:00"] == "customer:1"


def test_a_devices_limit_is_settable_by_the_source_that_saw_it() -> None:
    people = [page(f"{10 + n}:00", f"customer:{n} device:d", source="till") for n in range(4)]
    assert set(Stream().tell(people).links().values()) == {("refused", "limit")}
    assert set(Stream(Meaning(limits={"device@till": 4})).tell(people).links().values()) == {("live", "")}
    assert set(Stream(Meaning(limits={"device@web": 4})).tell(people).links().values()) == {
        ("refused", "limit")
    }


def test_a_device_over_its_limit_is_audited_and_works_all_the_same() -> None:
    people = [page(f"{10 + n}:00", f"customer:{n} device:d") for n in range(4)]
    alone = page("10:05", "device:d")
    told = Stream().tell([*people, alone])
    assert told.customers()["10:05"] == "customer:0"
    assert set(told.links().values()) == {("refused", "limit")}
    assert set(Stream(Meaning(limits={"device": 9})).tell(people).links().values()) == {("live", "")}


BOT = Meaning(actor_limit=3, flows=FLOWS)


def crawl(*days: int) -> list[Interaction]:
    return [page(f"{day}d 10:00", "anonymous:bot") for day in days]


def test_an_actor_that_holds_too_much_derives_nothing_and_is_listed() -> None:
    failed = interaction("payment_failed", at="0d 09:00", ids="anonymous:bot order:7")
    told = Stream(BOT).tell([*crawl(1, 2), failed])
    assert told.rows(TouchpointRow)
    assert told.rows(FrictionRow)
    told.tell(crawl(3))
    for kind in (TouchpointRow, SessionRow, JourneyRow, FrictionRow):
        assert not told.rows(kind)
    assert told.links()["anonymous:bot", ""] == ("refused", "too_many")


def test_what_it_counts_by_itself_stays_counted() -> None:
    failed = interaction("payment_failed", at="0d 09:00", ids="anonymous:bot order:7")
    told = Stream(BOT).tell([failed, *crawl(1, 2, 3)])
    live = {row.metric for row in told.rows(WindowRow) if row.n}
    assert live == {"payment_failure_rate", "error_rate"}, "the failure, and the pages that it saw"


def test_it_is_judged_on_what_it_holds_in_any_order() -> None:
    pages = [*crawl(1, 2, 3), page("200d 10:00", "anonymous:bot")]
    for order in permutations(pages):
        assert len(Stream(BOT).tell(order).customers()) == 4, (
            "four in ninety days are too many, these are not"
        )
    for order in permutations(crawl(1, 2, 3, 4)):
        assert Stream(BOT).tell(order).customers() == {}


def test_it_keeps_what_it_would_have_given_away_and_gives_it_when_it_holds_less() -> None:
    told = Stream(Meaning(actor_limit=5))
    told.tell([page("1d 09:00", "customer:1 anonymous:bot"), *crawl(1, 2, 3, 4)])
    assert list(told.customers().values()) == ["customer:1"] * 5
    told.tell(crawl(5, 6))
    assert told.customers() == {"1d 09:00": "customer:1"}
    # Better copies of two put them far into the past: what is left in ninety days is not too much any more.
    long_ago = crawl(1)[0].time - 100 * DAY
    told.tell([page(f"{day}d 10:00", "anonymous:bot", time=long_ago) for day in (5, 6)])
    kept = dict.fromkeys(["5d 10:00", "6d 10:00"], "anonymous:bot")
    given = dict.fromkeys(["1d 09:00", *(f"{day}d 10:00" for day in (1, 2, 3, 4))], "customer:1")
    assert told.customers() == kept | given


def test_a_machine_that_held_too_much_and_no_longer_does_has_no_mark() -> None:
    told = Stream(BOT).tell(crawl(1, 2, 3, 4))
    told.tell([page("4d 10:00", "anonymous:bot", time=crawl(1)[0].time - 100 * DAY)])
    assert ("anonymous:bot", "") not in told.links()
    assert len(told.customers()) == 4
