"""schemas/metrics.yaml: what it says is counted, and what is wrong in it is refused with its line."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline import catalogue
from pipeline.catalogue import CatalogueError
from pipeline.contract import find_schemas
from pipeline.core.flow import Flows
from pipeline.core.interaction import Interaction
from pipeline.core.meaning import Meaning
from pipeline.core.metric import DERIVED
from pipeline.core.oracle import answer
from pipeline.core.window import bucket_of
from tests.core.build import interaction
from tests.core.stream import Stream

FLOWS = catalogue.load().flows
ENTRY = """
{name}:
  meaning: What a test counts.
  kind: {kind}
  unit: share
  good: higher
  numerator: something
  {below}
  counted_at: the interaction
  source: a test
  counts:
    numerator:
      - {part}
"""


def counted(made: list[Interaction], flows: Flows = FLOWS) -> dict[str, tuple[int, int, int]]:
    """Give each metric's sums over all windows, as the fold and the oracle both have them."""
    meaning = Meaning(flows=flows)
    windows = Stream(meaning).tell(made).windows()
    assert windows == answer(made, meaning).windows
    found: dict[str, tuple[int, int, int]] = {}
    for key, (numerator, denominator, n, _) in windows.items():
        before = found.get(key[0], (0, 0, 0))
        found[key[0]] = (before[0] + numerator, before[1] + denominator, before[2] + n)
    return found


def happened(*told: tuple[str, Mapping[str, Any]]) -> list[Interaction]:
    return [
        interaction(kind, at=f"10:{minute:02}", ids="customer:1 order:7", data=dict(data), id=str(minute))
        for minute, (kind, data) in enumerate(told)
    ]


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_schemas(), tmp_path / "schemas"))


def with_entry(schemas: Path, **said: str) -> Path:
    entry = {"name": "new", "kind": "sum", "below": "", "part": "{type: page_viewed}"} | said
    with (schemas / "metrics.yaml").open("a") as file:
        file.write(ENTRY.format(**entry))
    return schemas


def test_every_metric_is_either_counted_by_itself_or_derived() -> None:
    metrics = catalogue.load().metrics
    assert {metric.name for metric in metrics if metric.flow is None} == set(DERIVED)


@pytest.mark.parametrize(
    ("metric", "told", "expected"),
    [
        (
            "payment_failure_rate",
            [("payment_failed", {}), ("payment_succeeded", {}), ("payment_succeeded", {})],
            (1, 3, 3),
        ),
        (
            "search_zero_rate",
            [("products_searched", {"results_count": n}) for n in (0, 4, 0)],
            (2, 3, 3),
        ),
        (
            "recommendation_ctr",
            [*[("recommendation_viewed", {})] * 4, ("recommendation_clicked", {})],
            (1, 4, 4),
        ),
        ("popup_conversion", [("popup_shown", {}), ("popup_shown", {}), ("popup_clicked", {})], (1, 2, 2)),
        ("page_load_p75", [("page_loaded", {"load_ms": ms}) for ms in (200, 4000, 4001)], (8201, 3, 3)),
        ("slow_page_rate", [("page_loaded", {"load_ms": ms}) for ms in (200, 4000, 4001)], (1, 3, 3)),
        ("error_rate", [("page_viewed", {}), ("screen_viewed", {}), ("error_shown", {})], (1, 2, 2)),
        (
            "handle_time",
            [("contact_completed", {"talk_s": 300, "hold_s": 0, "after_call_s": 60.5})],
            (360_500, 1, 1),
        ),
        (
            "ces",
            [
                ("survey_answered", {"kind": "ces", "score": 2, "scale_min": 1, "scale_max": 7}),
                (
                    "survey_answered",
                    {
                        "kind": "ces",
                        "score": 2,
                        "scale_min": 1,
                        "scale_max": 7,
                        "polarity": "lower_is_better",
                    },
                ),
                ("survey_answered", {"kind": "ces", "score": 8, "scale_min": 1, "scale_max": 7}),
            ],
            (2000 + 6000, 2, 2),
        ),
    ],
)
def test_a_metric_counts_what_was_worked_out_by_hand(
    metric: str, told: list[tuple[str, dict[str, Any]]], expected: tuple[int, int, int]
) -> None:
    assert counted(happened(*told))[metric] == expected


def test_a_click_without_a_view_counts_above_and_not_below() -> None:
    assert counted(happened(("recommendation_clicked", {})))["recommendation_ctr"] == (1, 0, 0)


def test_a_value_of_a_duration_is_in_its_bucket() -> None:
    ((key, (_, _, _, histogram)),) = (
        Stream(Meaning(flows={"contact_completed": FLOWS["contact_completed"]}))
        .tell(happened(("contact_completed", {"talk_s": 1, "hold_s": 1, "after_call_s": 1})))
        .windows()
        .items()
    )
    assert (key[0], histogram) == ("handle_time", ((bucket_of(3000), 1),))


def test_a_better_copy_takes_back_what_the_first_counted() -> None:
    late = interaction("page_loaded", at="10:10", id="one", data={"load_ms": 9000})
    early = interaction("page_loaded", at="10:00", id="one", data={"load_ms": 100})
    assert counted([late, early])["slow_page_rate"] == (0, 1, 1)
    assert counted([early, late])["page_load_p75"] == (100, 1, 1)


def test_a_new_metric_that_counts_needs_no_code(schemas: Path) -> None:
    part = "{type: contact_initiated, where: {reason_code: [wismo, where_is_my_order], method: inbound}}"
    flows = catalogue.load(with_entry(schemas, name="asked_for_parcel", part=part)).flows
    told = [
        ("contact_initiated", {"method": method, "reason_code": reason})
        for method, reason in (("inbound", "wismo"), ("outbound", "wismo"), ("inbound", "damaged"))
    ]
    assert counted(happened(*told), flows)["asked_for_parcel"] == (1, 0, 1)


def test_a_new_metric_that_sums_a_field_needs_no_code(schemas: Path) -> None:
    part = "{type: points_earned, sum: [points]}"
    flows = catalogue.load(with_entry(schemas, name="points_given", part=part)).flows
    told = [("points_earned", {"points": 20}), ("points_earned", {"points": 5}), ("points_earned", {})]
    assert counted(happened(*told), flows)["points_given"] == (25, 0, 2)


def test_a_dimension_of_its_own_tells_windows_apart(schemas: Path) -> None:
    said = {"below": "dimensions: [reason, method]", "part": "{type: payment_failed}"}
    flows = catalogue.load(with_entry(schemas, **said)).flows
    told = [("payment_failed", {"reason": reason}) for reason in ("a=b,c", "late")]
    meaning = Meaning(flows={kind: tuple(f for f in fs if f.metric == "new") for kind, fs in flows.items()})
    windows = Stream(meaning).tell(happened(*told)).windows()
    assert windows == answer(happened(*told), meaning).windows
    assert sorted(key[5] for key in windows if key[0] == "new") == ["reason=a%3Db%2Cc", "reason=late"]


def test_what_surrounds_an_interaction_are_dimensions_of_its_windows() -> None:
    context = {
        "country": "TH",
        "device": {"type": "phone"},
        "app_version": None,
        "campaign": {"source": "mail", "name": "spring"},
        "experiments": [{"id": "hero", "variation": "b"}, {"id": "cart", "variation": "a"}],
    }
    searched = interaction("products_searched", at="10:00", data={"results_count": 0}, context=context)
    meaning = Meaning(flows={"products_searched": FLOWS["products_searched"]})
    keys = [key for key in Stream(meaning).tell([searched]).windows() if key[0] == "search_zero_rate"]
    assert [key[6] for key in keys] == [("TH", "phone", "", "mail//spring", "cart=a,hero=b")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"part": "{type: page_vieved}"}, "there is no type page_vieved; did you mean page_viewed?"),
        (
            {"part": "{type: page_loaded, where: {lod_ms: 1}}"},
            "page_loaded has no such field; did you mean load_ms?",
        ),
        (
            {"part": "{type: page_loaded, sum: [path]}"},
            "page_loaded has no number of this name",
        ),
        ({"part": "{type: page_loaded, when: 1}"}, "Additional properties are not allowed"),
        ({"kind": "ratio"}, '"denominator" is a required property'),
        ({"kind": "mean"}, '"sum" is a required property'),
        (
            {"kind": "quantile", "part": "{type: page_loaded, sum: [load_ms]}"},
            '"quantile" is a required property',
        ),
        (
            {"below": "dimensions: [rason]", "part": "{type: payment_failed}"},
            "none of the types that it counts has this field; did you mean reason?",
        ),
        ({"kind": "median"}, '"median" is not one of'),
        ({"name": "nps_of_us", "part": "{}"}, '"type" is a required property'),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_what_is_right(
    schemas: Path, said: dict[str, str], told: str
) -> None:
    lines = len((schemas / "metrics.yaml").read_text().splitlines())
    with pytest.raises(CatalogueError) as refused:
        catalogue.load(with_entry(schemas, **said))
    assert told in str(refused.value)
    line = int(str(refused.value).partition("line ")[2].partition(":")[0])
    assert lines < line <= lines + len(ENTRY.splitlines())


def test_a_metric_that_nothing_counts_is_refused(schemas: Path) -> None:
    text = (schemas / "metrics.yaml").read_text().replace("session_conversion:\n", "session_conversions:\n")
    (schemas / "metrics.yaml").write_text(text)
    with pytest.raises(
        CatalogueError, match="session_conversions: needs counts; without them only these are known"
    ):
        catalogue.load(schemas)


def test_what_is_no_yaml_is_refused(schemas: Path) -> None:
    (schemas / "metrics.yaml").write_text("orders: [\n")
    with pytest.raises(CatalogueError, match=r"metrics\.yaml is no YAML"):
        catalogue.load(schemas)
