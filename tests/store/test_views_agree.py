"""Two views that answer the same question give the same number: on 20,000 interactions of the demo's shop, as an analyst."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.contract import find_schemas
from pipeline.core.row import TABLES
from pipeline.local.clickhouse import LocalClickHouse
from pipeline.local.demo import Shop, Truth
from pipeline.settings.values import Secret
from pipeline.store.connect import Server
from pipeline.store.read import Reader
from tests.helpers.fold import fold, write

END = 1_795_000_000_000
CHURN_DAYS = 7
MONEY = 1e-9
"""Relative; what is credited is a fraction of money."""


@pytest.fixture(scope="module")
def made() -> Shop:
    return Shop(7, END, 20_000)


@pytest.fixture(scope="module")
def truth(made: Shop) -> Truth:
    return made.truth


@pytest.fixture(scope="module")
def shop(made: Shop, clickhouse: LocalClickHouse, migrator: Server, at_writer: Server) -> Iterator[Reader]:
    """Reads as an analyst what a worker would have written of the shop."""
    owner = Reader(migrator)
    for table in TABLES:
        owner.query(f"TRUNCATE TABLE cx_store.{table}")
    owner.close()
    write(at_writer, fold(made.records(), END))
    secret = Secret(clickhouse.passwords["analyst"])
    reader = Reader(Server(port=clickhouse.native_port, user="analyst", password=secret))
    yield reader
    reader.close()


def one(reader: Reader, sql: str) -> Any:
    ((value, *more),) = reader.query(sql).rows
    return (value, *more) if more else value


def table(reader: Reader, sql: str) -> dict[Any, Any]:
    """Give a dict of the first columns to the last."""
    return {each[:-1] if len(each) > 2 else each[0]: each[-1] for each in reader.query(sql).rows}


def test_every_touchpoint_has_its_content_once(shop: Reader) -> None:
    key = "cityHash64(customer, time, source, id)"
    expected = one(shop, f"SELECT count(), sum({key}) FROM cx.touchpoints")
    assert one(shop, f"SELECT count(), sum({key}) FROM cx.touchpoint_contents") == expected
    assert expected[0] > 19_000


def test_orders_are_the_journeys_with_an_order_and_lie_in_the_sessions_that_count_them(
    shop: Reader, truth: Truth
) -> None:
    journeys = "SELECT currency, count(), sum(value) FROM cx.journeys WHERE order_id != '' GROUP BY currency"
    orders = "SELECT currency, count(), sum(value) FROM cx.orders GROUP BY currency"
    assert sorted(shop.query(orders).rows) == sorted(shop.query(journeys).rows)
    assert one(shop, "SELECT count() FROM cx.orders") == truth.orders
    by_session = "SELECT session_id, count() FROM cx.orders WHERE session_id != '' GROUP BY session_id"
    assert table(shop, by_session) == table(
        shop, "SELECT session_id, orders FROM cx.sessions WHERE orders > 0"
    )


@pytest.mark.parametrize(
    ("stage", "condition"),
    [
        ("discover", "1"),
        ("consider", "order_id != '' OR stage IN ('consider', 'intend', 'checkout')"),
        ("intend", "order_id != '' OR stage IN ('intend', 'checkout')"),
        ("checkout", "order_id != '' OR stage = 'checkout'"),
        ("purchased", "order_id != ''"),
    ],
)
def test_the_funnel_is_that_of_journeys(stage: str, condition: str, shop: Reader) -> None:
    group = "GROUP BY day, channel HAVING last > 0"
    funnel = f"SELECT day, channel, sum(reached) AS last FROM cx.funnel WHERE stage = '{stage}' {group}"
    journeys = f"SELECT toDate(started) AS day, channels[1] AS channel, countIf({condition}) AS last FROM cx.journeys {group}"
    assert table(shop, funnel) == table(shop, journeys) != {}


def test_what_is_lost_or_open_in_the_funnel_are_the_journeys_without_an_order(shop: Reader) -> None:
    lost, undecided = one(shop, "SELECT sum(abandoned_here), sum(open_here) FROM cx.funnel")
    outcomes = table(shop, "SELECT outcome, count() FROM cx.journeys WHERE order_id = '' GROUP BY outcome")
    assert (lost, undecided) == (outcomes.get("abandoned", 0), outcomes["open"])


def test_paths_hold_every_journey_once(shop: Reader) -> None:
    paths = (
        "SELECT day, sum(journeys), sum(purchased), sum(frictions), sum(contacts) FROM cx.paths GROUP BY day"
    )
    journeys = (
        "SELECT toDate(started) AS day, count(), countIf(order_id != ''), sum(frictions), sum(contacts) "
        "FROM cx.journeys GROUP BY day"
    )
    assert sorted(shop.query(paths).rows) == sorted(shop.query(journeys).rows)
    assert one(shop, "SELECT uniqExact(path) FROM cx.paths") > 5


def test_customer_value_adds_up_to_journeys_and_to_customers(shop: Reader) -> None:
    value = "SELECT currency, sum(orders), sum(revenue), sum(frictions), sum(contacts) FROM cx.customer_value GROUP BY 1"
    journeys = "SELECT currency, count(), sum(value), sum(frictions), sum(contacts) FROM cx.journeys WHERE order_id != '' GROUP BY 1"
    assert sorted(shop.query(value).rows) == sorted(shop.query(journeys).rows)
    customers = "SELECT customer, currency, revenue FROM cx.customers ARRAY JOIN currencies AS currency, revenues AS revenue"
    assert table(shop, "SELECT customer, currency, revenue FROM cx.customer_value") == table(shop, customers)


def test_repeat_purchase_counts_the_customers_and_orders_of_customers(shop: Reader) -> None:
    view = "SELECT sum(orders), sum(repeat_orders), sum(new_customers), sum(repeated) FROM cx.repeat_purchase"
    customers = (
        "SELECT sum(orders), sum(orders - 1), count(), countIf(orders > 1) FROM cx.customers WHERE orders > 0"
    )
    assert one(shop, view) == one(shop, customers)
    by_day = "SELECT toDate(purchased_at) AS day, count() FROM cx.journeys WHERE order_id != '' GROUP BY day"
    assert table(shop, "SELECT day, orders FROM cx.repeat_purchase") == table(shop, by_day)


@pytest.mark.parametrize("period", ["week", "month"])
def test_retention_holds_every_order_and_every_buyer_once(period: str, shop: Reader) -> None:
    cohorts = (
        "SELECT sum(orders), sumIf(customers, age = 0), sumIf(returned, age = 0) "
        f"FROM cx.retention WHERE period = '{period}'"
    )
    journeys = (
        "SELECT count(), uniqExact(customer), uniqExact(customer) FROM cx.journeys WHERE order_id != ''"
    )
    assert one(shop, cohorts) == one(shop, journeys)
    last = "argMax(repeated, age) AS last FROM cx.retention"
    again = f"SELECT sum(last) FROM (SELECT {last} WHERE period = '{period}' GROUP BY cohort)"
    assert one(shop, again) == one(shop, "SELECT sum(repeated) FROM cx.repeat_purchase")


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_churn_balances_and_ends_with_the_customers_of_the_last_days(period: str, shop: Reader) -> None:
    rows = shop.query(
        "SELECT opening, gained, won_back, lost, closing, churn_rate "
        f"FROM cx.churn(days = {CHURN_DAYS}) WHERE period = '{period}' ORDER BY start"
    ).rows
    assert [each[0] for each in rows[1:]] == [each[4] for each in rows[:-1]]
    assert all(rate is None or 0 <= rate <= 1 for *_, rate in rows)
    active = (
        "SELECT uniqExact(customer) FROM cx.journeys, cx.watermark "
        f"WHERE order_id != '' AND purchased_at >= watermark - INTERVAL {CHURN_DAYS} DAY"
    )
    assert rows[-1][4] == one(shop, active)
    assert sum(each[1] for each in rows) == one(shop, "SELECT sum(new_customers) FROM cx.repeat_purchase")


def test_each_model_of_attribution_adds_up_to_the_revenue_of_journeys(shop: Reader, truth: Truth) -> None:
    credited = table(shop, "SELECT model, currency, sum(credited) FROM cx.attribution GROUP BY 1, 2")
    assert credited.keys() == {
        (model, currency) for model in ("first", "last", "linear", "time_decay") for currency in truth.revenue
    }
    for (_, currency), amount in credited.items():
        assert math.isclose(amount, truth.revenue[currency], rel_tol=MONEY)
    weights = table(shop, "SELECT model, sum(weight) FROM cx.attribution GROUP BY model")
    assert all(math.isclose(weight, truth.orders, rel_tol=MONEY) for weight in weights.values())


@pytest.mark.parametrize("model", ["first", "last"])
def test_the_first_and_the_last_touch_are_those_of_journeys(model: str, shop: Reader) -> None:
    whole = f"SELECT journey_id, campaign FROM cx.attribution WHERE model = '{model}' AND weight > 0"
    touches = table(shop, f"SELECT journey_id, {model}_touch FROM cx.journeys WHERE order_id != ''")
    assert table(shop, whole) == touches
    assert len(set(touches.values())) > 3


def test_the_conversions_of_experiments_are_the_sessions_with_an_order_after_the_exposure(
    shop: Reader,
) -> None:
    """Computed here, from touchpoints, sessions and journeys alone."""
    sessions = table(shop, "SELECT session_id, orders FROM cx.sessions WHERE orders > 0")
    orders = defaultdict(list)
    for customer, session, at in shop.query(
        "SELECT customer, session_id, time FROM cx.touchpoints WHERE type = 'order_completed'"
    ).rows:
        orders[customer, session].append(at)
    seen: dict[tuple[str, str], list[tuple[Any, str, str]]] = defaultdict(list)
    for experiment, variation, customer, session, at in shop.query(
        "SELECT JSONExtractString(data, 'experiment_id'), JSONExtractString(data, 'variation_id'), customer, "
        "session_id, time FROM cx.touchpoint_contents WHERE type = 'experiment_viewed' ORDER BY time, source, id"
    ).rows:
        seen[experiment, customer].append((at, variation, session))
    expected: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (experiment, customer), exposures in seen.items():
        if len({variation for _, variation, _ in exposures}) == 1:
            counts = expected[experiment, exposures[0][1]]
            counts[0] += 1
            counts[1] += any(
                session in sessions and any(at >= exposures[0][0] for at in orders[customer, session])
                for _, _, session in exposures
            )
    shown = shop.query(
        "SELECT experiment_id, variation_id, n, total FROM cx.experiments WHERE measure = 'conversion'"
    ).rows
    assert {(experiment, variation): [n, total] for experiment, variation, n, total in shown} == expected
    assert len(expected) == 4


def test_experiments_find_the_effect_that_the_shop_knows_and_none_where_there_is_none(
    shop: Reader, truth: Truth
) -> None:
    shown = {
        experiment: (low, high, p_value)
        for experiment, low, high, p_value in shop.query(
            "SELECT experiment_id, difference_low, difference_high, sample_ratio_p_value FROM cx.experiments "
            "WHERE measure = 'conversion' AND variation_id = 'B'"
        ).rows
    }
    assert shown.keys() == truth.effects.keys()
    for experiment, (low, high, p_value) in shown.items():
        assert low < truth.effects[experiment] < high
        assert (low > 0) == (truth.effects[experiment] > 0)
        assert p_value > 0.001


def test_the_orders_and_answers_of_experiments_are_those_of_exposed_customers(shop: Reader) -> None:
    measures = "SELECT measure, sum(n) FROM cx.experiments GROUP BY measure"
    exposures = one(
        shop,
        "SELECT count(), countIf(ordered_at IS NOT NULL), countIf(satisfied IS NOT NULL) "
        "FROM cx.experiment_exposures WHERE variations = 1",
    )
    assert table(shop, measures) == dict(
        zip(("conversion", "order_value", "satisfaction"), exposures, strict=True)
    )


@pytest.mark.parametrize(
    ("metric", "numerator"),
    [
        ("csat", "countIf(satisfied = 1)"),
        ("nps", "100 * (countIf(satisfied = 1) - countIf(dissatisfied = 1))"),
        ("ces", "sum(score)"),
    ],
)
def test_answers_are_those_of_the_metrics(metric: str, numerator: str, shop: Reader) -> None:
    answers = f"SELECT count(), toFloat64({numerator}) FROM cx.survey_answers WHERE kind = '{metric}'"
    windows = f"SELECT toUInt64(sum(n)), sum(numerator) FROM cx.metric_windows WHERE metric = '{metric}'"
    assert one(shop, answers)[0] == one(shop, windows)[0] > 10
    assert one(shop, answers)[1] == one(shop, windows)[1]


def test_consistency_compares_the_answers_and_sessions_of_their_views(shop: Reader) -> None:
    span = "from = '2026-01-01 00:00:00', to = '2027-01-01 00:00:00'"
    rows = shop.query(
        f"SELECT measure, channel_a, n_a, share_a, channel_b, n_b, share_b FROM cx.consistency({span})"
    ).rows
    shown = {(m, *side) for m, *both in rows for side in (tuple(both[:3]), tuple(both[3:]))}
    answers = shop.query(
        "SELECT 'satisfaction', channel, count() AS n, avg(satisfied) FROM cx.survey_answers GROUP BY channel HAVING n >= 30"
    ).rows
    sessions = shop.query(
        "SELECT 'without_friction', channel, count() AS n, avg(frictions = 0) FROM cx.sessions GROUP BY channel HAVING n >= 30"
    ).rows
    assert shown == {*answers, *sessions}
    assert {measure for measure, *_ in shown} == {"satisfaction", "without_friction"}


@pytest.mark.parametrize("split", ["frictions", "satisfaction"])
def test_return_on_cx_holds_every_customer_of_customer_value_once(split: str, shop: Reader) -> None:
    columns = "sum(orders), sum(revenue), sum(later_revenue)"
    view = f"SELECT currency, sum(customers), {columns} FROM cx.return_on_cx WHERE split = '{split}' GROUP BY currency"
    value = f"SELECT currency, count(), {columns} FROM cx.customer_value GROUP BY currency"
    assert sorted(shop.query(view).rows) == sorted(shop.query(value).rows)
    assert one(shop, f"SELECT uniqExact(experience) FROM cx.return_on_cx WHERE split = '{split}'") == 4


def test_loyalty_holds_every_customer_of_customer_value_once(shop: Reader) -> None:
    view = "SELECT currency, sum(customers), sum(orders), sum(revenue) FROM cx.loyalty GROUP BY currency"
    value = "SELECT currency, count(), sum(orders), sum(revenue) FROM cx.customer_value GROUP BY currency"
    assert sorted(shop.query(view).rows) == sorted(shop.query(value).rows)
    tiers = {tier for (tier,) in shop.query("SELECT DISTINCT tier FROM cx.loyalty").rows}
    assert {"not a member", "no tier", "silver", "gold"} == tiers


@pytest.mark.parametrize(
    ("kind", "column", "type_"),
    [
        ("search", "shown", "products_searched"),
        ("search", "clicked", "search_result_clicked"),
        ("recommendation", "shown", "recommendation_viewed"),
        ("recommendation", "clicked", "recommendation_clicked"),
        ("popup", "shown", "popup_shown"),
        ("popup", "clicked", "popup_clicked"),
        ("popup", "dismissed", "popup_dismissed"),
        ("campaign_page", "shown", "campaign_page_viewed"),
    ],
)
def test_guidance_counts_the_interactions(kind: str, column: str, type_: str, shop: Reader) -> None:
    group = "GROUP BY day, channel HAVING last > 0"
    guidance = f"SELECT day, channel, sum({column}) AS last FROM cx.guidance WHERE kind = '{kind}' {group}"
    interactions = (
        "SELECT toDate(time) AS day, channel, uniqExact(source, id) AS last FROM cx.interactions "
        f"WHERE type = '{type_}' {group}"
    )
    assert table(shop, guidance) == table(shop, interactions) != {}


def test_the_contacts_of_support_are_those_of_journeys(shop: Reader) -> None:
    assert one(shop, "SELECT sum(contacts) FROM cx.support") == one(
        shop, "SELECT sum(contacts) FROM cx.journeys"
    )
    by_journey = "SELECT journey_id, count() FROM cx.contacts GROUP BY journey_id"
    assert table(shop, by_journey) == table(
        shop, "SELECT journey_id, contacts FROM cx.journeys WHERE contacts > 0"
    )


def test_the_repeats_of_support_are_the_frictions_of_that_kind(shop: Reader) -> None:
    """Of repeats about one order the friction is the first, since they have one root cause."""
    frictions = "SELECT source, id FROM cx.frictions WHERE kind = 'repeat_contact'"
    repeats = "SELECT source, id FROM cx.contacts WHERE is_repeat = 1"
    roots = (
        "SELECT uniqExact(customer, if(carried = '', concat(source, '/', id), carried)) FROM (SELECT customer, source, id, "
        "arrayFirst(x -> startsWith(x, 'order:'), identifiers) AS carried FROM cx.touchpoint_contents "
        f"WHERE (source, id) IN ({repeats}))"
    )
    assert {*shop.query(frictions).rows} <= {*shop.query(repeats).rows}
    assert one(shop, roots) == one(shop, f"SELECT count() FROM ({frictions})") > 0


@pytest.mark.parametrize(
    ("metric", "n", "mean"),
    [
        ("first_response_time", "replied", "first_reply_seconds"),
        ("handle_time", "handled", "handle_seconds"),
    ],
)
def test_the_times_of_support_are_those_of_the_metrics(metric: str, n: str, mean: str, shop: Reader) -> None:
    support = one(shop, f"SELECT toInt64(sum({n})), sum({n} * {mean}) FROM cx.support")
    windows = one(shop, f"SELECT sum(n), sum(numerator) FROM cx.metric_windows WHERE metric = '{metric}'")
    assert support[0] == windows[0] > 10
    assert math.isclose(support[1], windows[1], rel_tol=MONEY)


@pytest.mark.parametrize(
    ("period", "function"), [("day", "toDate"), ("week", "toMonday"), ("month", "toStartOfMonth")]
)
def test_active_customers_are_those_of_touchpoints(period: str, function: str, shop: Reader) -> None:
    view = f"SELECT start, channel, customers FROM cx.active_customers WHERE period = '{period}'"
    start = f"{function}(time) AS start"
    channels = (
        f"SELECT {start}, channel, uniqExact(customer) FROM cx.touchpoints WHERE passive = 0 GROUP BY 1, 2"
    )
    whole = f"SELECT {start}, 'all', uniqExact(customer) FROM cx.touchpoints WHERE passive = 0 GROUP BY 1, 2"
    assert table(shop, view) == table(shop, channels) | table(shop, whole)


def test_active_customers_are_those_of_sessions(shop: Reader) -> None:
    view = "SELECT sum(customers) FROM cx.active_customers WHERE period = 'month' AND channel = 'all'"
    starts = "SELECT uniqExact(customer, toStartOfMonth(started)) FROM cx.sessions"
    ends = "SELECT uniqExact(customer, toStartOfMonth(ended)) FROM cx.sessions"
    assert one(shop, starts) <= one(shop, view)
    assert one(shop, view) >= one(shop, ends)


def test_every_view_shows_something_of_the_demo(shop: Reader) -> None:
    views = shop.query(
        "SELECT name FROM system.tables WHERE database = 'cx' "
        "AND name NOT IN ('metrics', 'revisions', 'metric_revisions', 'revised_windows', 'churn', 'consistency')"
    ).rows
    empty = {view for (view,) in views if not shop.query(f"SELECT * FROM cx.{view} LIMIT 1").rows}
    assert not empty


@pytest.mark.parametrize(
    ("view", "condition"),
    [
        ("funnel", "day = '2026-11-10'"),
        ("paths", "day = '2026-11-10'"),
        ("guidance", "day = '2026-11-10' AND kind = 'popup'"),
        ("active_customers", "period = 'day' AND start = '2026-11-10'"),
        ("attribution", "toDate(purchased_at) = '2026-11-10' AND model = 'last'"),
        ("orders", "toDate(purchased_at) = '2026-11-10'"),
        ("support", "day = '2026-11-10'"),
        ("repeat_purchase", "day = '2026-11-10'"),
        ("survey_answers", "toDate(time) = '2026-11-10'"),
        ("contacts", "toDate(time) = '2026-11-10'"),
        ("retention", "period = 'week' AND cohort = '2026-11-09'"),
    ],
)
def test_a_condition_gives_the_rows_that_it_names_and_the_same_as_without(
    view: str, condition: str, shop: Reader
) -> None:
    """What is pushed down through a view must not change a number."""
    whole = f"SELECT * FROM (SELECT * FROM cx.{view} LIMIT 10000000) WHERE {condition}"  # a limit lets nothing through
    some = shop.query(f"SELECT * FROM cx.{view} WHERE {condition}").rows
    assert sorted(map(repr, some)) == sorted(map(repr, shop.query(whole).rows))
    assert some


PAGE = find_schemas().parent / "docs" / "analysis.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_every_query_of_the_page_answers_an_analyst(number: int, shop: Reader) -> None:
    assert shop.query(QUERIES[number]).rows


def test_the_page_names_every_view_and_every_column_that_the_database_cannot_explain(shop: Reader) -> None:
    page = PAGE.read_text(encoding="utf-8")
    described = {"funnel", "paths", "retention", "attribution", "guidance", "support", "loyalty"}
    assert all(f"\n## {view}\n" in page for view in described)
    span = "from = '2026-01-01 00:00:00', to = '2027-01-01 00:00:00'"
    for view, heading in (("churn(days = 7)", "churn"), (f"consistency({span})", "consistency")):
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        columns = shop.query(f"SELECT * FROM cx.{view} LIMIT 1").columns
        missing = {c for c in columns if f"`{c}`" not in section and not c.startswith("share_b")}
        assert not missing


@pytest.mark.parametrize(
    ("view", "condition", "reaches"),
    [
        ("funnel", "day = '2026-11-10'", "toDate(started)"),
        ("paths", "day = '2026-11-10'", "toDate(started)"),
        ("guidance", "day = '2026-11-10'", "toDate(time)"),
        ("active_customers", "period = 'day' AND start = '2026-11-10'", "toDate(time)"),
        ("touchpoint_contents", "time >= '2026-11-10' AND type = 'popup_shown'", "time"),
    ],
)
def test_a_condition_reaches_the_tables_through_the_view(
    view: str, condition: str, reaches: str, shop: Reader
) -> None:
    plan = shop.query(f"EXPLAIN indexes = 1 SELECT * FROM cx.{view} WHERE {condition}").rows
    assert any(f"Condition: ({reaches} in [" in line for (line,) in plan)
