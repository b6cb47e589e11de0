"""The demo's shop, held against the contract and its own truth."""

import hashlib
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from pipeline.contract import Contract, find_schemas, load
from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.meaning import Meaning
from pipeline.core.oracle import answer
from pipeline.local.demo import DemoRecord, Shop, Truth

END = 1_795_000_000_000
DAY = 24 * 3600 * 1000
RECEIVED = END + 30_000


@cache
def contract() -> Contract:
    return load(key=b"k" * 16)


@cache
def shop(seed: int = 7, interactions: int = 30_000) -> tuple[list[DemoRecord], Truth]:
    made = Shop(seed, END, interactions)
    return list(made.records()), made.truth


@cache
def judged() -> list[Interaction | Rejection]:
    return [contract().admit(record.value, record.headers, RECEIVED) for record in shop()[0]]


def accepted() -> list[Interaction]:
    return [one for one in judged() if isinstance(one, Interaction)]


def first_copies() -> list[Interaction]:
    return list({(one.source, one.id): one for one in accepted()}.values())


def test_the_same_seed_and_end_give_the_same_bytes() -> None:
    again = Shop(7, END, 30_000)
    assert list(again.records()) == shop()[0]
    assert again.truth == shop()[1]


def test_another_seed_is_another_shop() -> None:
    ours, theirs = (set(shop(seed, 1000)[0]) for seed in (1, 2))
    assert len(ours & theirs) < 200  # the heartbeats, and a bad record or two


def test_every_sound_record_is_accepted_and_there_are_as_many_as_asked_for() -> None:
    truth = shop()[1]
    assert {(one.source, one.id) for one in accepted()} == truth.accepted
    assert len(truth.accepted) == 30_000


def test_every_bad_record_gets_the_reason_that_it_was_made_for() -> None:
    reasons = Counter(one.reason for one in judged() if isinstance(one, Rejection))
    assert reasons == shop()[1].bad
    assert len(reasons) == 13


def test_no_stretch_of_the_traffic_has_so_many_bad_records_that_a_worker_stops() -> None:
    bad = [isinstance(one, Rejection) for one in judged()]
    assert all(sum(bad[at : at + 1000]) < 10 for at in range(0, len(bad) - 1000, 100))


def test_resent_and_conflicting_copies_are_counted() -> None:
    truth = shop()[1]
    copies = accepted()
    assert len(copies) - len(truth.accepted) == truth.resent
    contents = Counter(ref for ref, _ in {((one.source, one.id), one.hash) for one in copies})
    assert sum(count > 1 for count in contents.values()) == truth.conflicting > 0
    assert truth.records == len(judged())


def test_copies_of_one_interaction_carry_the_same_identifiers() -> None:
    identifiers = {((one.source, one.id), one.identifiers) for one in accepted()}
    assert len(identifiers) == len(shop()[1].accepted)


def test_records_with_a_clock_of_their_own_make_no_links() -> None:
    clocked = [
        judgement
        for record, judgement in zip(shop()[0], judged(), strict=True)
        if isinstance(judgement, Interaction) and b"sent_at" in record.value
    ]
    assert len(clocked) > 100
    assert {len(one.identifiers) for one in clocked} == {1}
    assert {one.identifiers[0].partition(":")[0] for one in clocked} == {"customer"}


def test_orders_and_revenue_are_what_the_records_say() -> None:
    truth = shop()[1]
    orders = [one for one in first_copies() if one.type == "order_completed"]
    revenue: Counter[str] = Counter()
    for order in orders:
        revenue[order.data["revenue"]["currency"]] += order.data["revenue"]["amount"]
    assert (len(orders), revenue) == (truth.orders, truth.revenue)
    assert Counter(order.channel for order in orders) == truth.orders_by_channel
    assert set(truth.orders_by_channel) == {"web", "app", "store", "phone"}
    assert len({order.data["order_id"] for order in orders}) == truth.orders


def test_every_type_but_erasure_occurs() -> None:
    types = {path.name for path in (find_schemas() / "interactions").iterdir() if path.is_dir()}
    assert types - set(shop(7, 100_000)[1].types) == {"erasure_requested"}


def test_all_sources_send_and_each_topic_has_its_share() -> None:
    sources = {
        "storefront-web",
        "storefront-app",
        "pos",
        "helpdesk",
        "contact-centre",
        "survey",
        "fulfilment",
        "billing",
    }
    assert sources <= set(shop()[1].sources)
    topics = Counter(record.topic for record in shop()[0])
    assert min(topics[f"interactions.{name}"] for name in ("web", "support", "backoffice")) > 500


def test_everything_happens_in_the_three_weeks_before_the_end() -> None:
    times = [one.sent_time for one in accepted()]
    assert END - 21 * DAY <= min(times) < max(times) < END


def test_most_records_are_in_order_and_some_are_days_late() -> None:
    times = [one.sent_time for one in accepted()]
    behind = [before - after for before, after in pairwise(times)]
    late = 0
    newest = 0
    for time in times:
        late += newest - time > DAY
        newest = max(newest, time)
    assert 0.001 < late / len(times) < 0.05
    assert 0.5 < sum(gap <= 0 for gap in behind) / len(behind) < 0.95


def test_all_three_envelopes_occur_and_give_the_same_interaction() -> None:
    forms: dict[tuple[str, str], dict[str, int]] = {}
    for record, one in zip(shop()[0], judged(), strict=True):
        if isinstance(one, Interaction):
            kind = dict(record.headers).get("content-type", b"flat").decode().partition(";")[0]
            forms.setdefault((one.source, one.id), {})[kind] = one.hash
    assert {kind for each in forms.values() for kind in each} == {
        "flat",
        "application/json",
        "application/cloudevents+json",
    }
    rewrapped = [hashes for hashes in forms.values() if len(hashes) > 1]
    assert len(rewrapped) > 10
    assert all(len(set(hashes.values())) == 1 for hashes in rewrapped)


def test_texts_are_partly_arabic_persian_thai_and_emoji() -> None:
    text = "".join(one.data_json for one in accepted())
    assert all(sign in text for sign in ("أ", "گ", "ร", "👍"))


def test_one_persons_records_of_a_topic_share_a_key() -> None:
    keys: dict[tuple[str, str], set[bytes]] = {}
    for record, one in zip(shop()[0], judged(), strict=True):
        if isinstance(one, Interaction) and one.identifiers and one.identifiers[0].startswith("customer:"):
            keys.setdefault((record.topic, one.identifiers[0]), set()).add(record.key)
    assert {len(each) for each in keys.values()} == {1}


def test_people_share_machines_and_visitors_sign_in_late() -> None:
    people: dict[str, set[str]] = {}
    strangers: set[str] = set()
    for one in accepted():
        persons = [name for name in one.identifiers if name.startswith("customer:")]
        machines = [name for name in one.identifiers if name.startswith(("anonymous:", "device:"))]
        for machine in machines:
            people.setdefault(machine, set()).update(persons)
            if not persons:
                strangers.add(machine)
    assert sum(len(persons) == 2 for persons in people.values()) > 10
    assert sum(len(people[machine]) == 1 for machine in strangers) > 100
    assert sum(not persons for persons in people.values()) > 100


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_stories_come_out_the_same_whatever_the_seed(seed: int) -> None:
    records, truth = shop(seed, 1000)
    interactions = [contract().admit(record.value, record.headers, RECEIVED) for record in records]
    found = answer([one for one in interactions if isinstance(one, Interaction)], Meaning())
    newest_first = sorted(found.journeys, key=lambda journey: -journey.started)
    journeys = {journey.customer.partition(":")[2]: journey for journey in newest_first}
    of = {story.customer: journeys[story.customer] for story in truth.stories}
    assert {name: journey.outcome for name, journey in of.items()} == {
        "amira": "purchased",
        "somchai": "refunded",
        "nilufar": "purchased",
        "hana": "open",
        "grace": "refunded",
    }
    assert {"web", "email", "mail", "phone", "survey"} <= set(of["amira"].channels)
    assert {"app", "store"} <= set(of["somchai"].channels)
    assert {"chat", "phone", "mail"} <= set(of["nilufar"].channels)
    assert "kenji" in journeys
    assert of["amira"].last_touch == "crm/email/cart-reminder"


def test_the_batch_answer_shows_the_orders_and_revenue_of_the_truth() -> None:
    truth = shop()[1]
    windows = answer(accepted(), Meaning()).windows
    orders, revenue = 0, Counter[str]()
    for (metric, _, _, _, currency, *_), (numerator, *_) in windows.items():
        orders += numerator if metric == "orders" else 0
        revenue[currency] += numerator if metric == "revenue" else 0
    assert orders == truth.orders
    assert +revenue == truth.revenue


def test_an_experiment_splits_people_in_halves_and_changes_what_the_truth_says() -> None:
    """Of those who see it in their first checkout, the shop knows how many more finish with B."""
    seen: dict[str, tuple[str, int]] = {}
    finished: dict[str, list[int]] = {}
    for one in first_copies():
        machine = next(
            (i for i in one.identifiers if i.startswith(("anonymous:", "device:"))),
            one.identifiers[0] if one.identifiers else "",
        )
        if one.type == "experiment_viewed" and one.data["experiment_id"] == "checkout-button":
            seen.setdefault(machine, (one.data["variation_id"], one.sent_time))
        elif one.type == "order_completed" and one.channel in {"web", "app"}:
            finished.setdefault(machine, []).append(one.sent_time)
    shares = {}
    for variation in "AB":
        starts = [(machine, at) for machine, (which, at) in seen.items() if which == variation]
        done = sum(any(0 <= t - at <= 600_000 for t in finished.get(machine, ())) for machine, at in starts)
        shares[variation] = done / len(starts)
        assert 0.4 < len(starts) / len(seen) < 0.6
    effects = shop()[1].effects
    # two and a half standard errors of some 200 people each
    assert abs(shares["B"] - shares["A"] - effects["checkout-button"]) < 0.1
    assert effects["checkout-button"] > 0.1
    assert effects["home-banner"] == 0


def test_members_rise_through_the_tiers_in_order() -> None:
    rises: dict[str, list[tuple[int, str, str]]] = {}
    for one in first_copies():
        if one.type == "tier_changed":
            change = (one.sent_time, one.data["previous_tier"], one.data["tier"])
            rises.setdefault(one.identifiers[0], []).append(change)
    ways = {tuple(tier for _, *both in sorted(each) for tier in both) for each in rises.values()}
    assert ways == {("basic", "silver"), ("basic", "silver", "silver", "gold")}


def test_a_demo_too_small_for_its_stories_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 500"):
        Shop(1, END, 100)


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib; from pipeline.local.demo import Shop; "
        f"print(hashlib.sha256(repr(list(Shop(1, {END}, 1000).records())).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    ours = hashlib.sha256(repr(shop(1, 1000)[0]).encode()).hexdigest()
    assert digests == {f"{ours}\n".encode()}
