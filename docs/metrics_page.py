"""Write docs/metrics.md from schemas/metrics.yaml.

python docs/metrics_page.py          writes it
python docs/metrics_page.py --check  exits with 1 if it is not current
"""

import sys
from pathlib import Path

from pipeline.catalogue import Metric, load
from pipeline.cli.duration import shown
from pipeline.cli.metric_list import DIMENSIONS

PAGE = Path(__file__).parent / "metrics.md"

HEAD = """\
# Metrics

Made from `schemas/metrics.yaml` by `python docs/metrics_page.py`; a test holds it current. `cxstream metrics --list` prints the same in short.

## How to read them

    SELECT window, channel, value, low, high, n, is_final
    FROM cx.metrics(seconds = 3600, by = ['channel'])
    WHERE metric = 'session_conversion' AND window >= '2026-03-01 00:00:00'

`seconds` is the length of the windows, whole minutes; they begin at multiples of it since 1970 in UTC. `by` says which dimensions are told apart, from
DIMENSIONS and `declared`; the others are added up and their columns are empty. `currency` is always told apart.
Give the metric and a range of `window` in WHERE: both reach the table's key. `cxstream metrics NAME --by DIM --last 6h --step 5m` reads the same view.

| column | what it says |
|---|---|
| `value` | ratio and mean: numerator / denominator. Sum: the numerator. Quantile: that quantile. NULL where the denominator is 0 or `n` is below the metric's minimum: too few to say anything |
| `numerator`, `denominator` | what the value is made of, in the metric's unit. They add up over windows and dimensions; values do not. The denominator of a sum is NULL |
| `n` | contributions: of a ratio the denominator. A window without any does not exist, so a gap in a chart is a time when nothing happened |
| `low`, `high` | 95 % interval of the value: Wilson's for a share, the normal one for a mean (its spread comes from the histogram, so within 2 %); NULL for sums, quantiles and ratios that are no shares. It says how far chance alone could move the value, not whether the data are right |
| `p50`, `p75`, `p90` | quantiles of the values behind a mean or quantile, from a log-bucket histogram as in DDSketch: each is within 1 % of a value that really occurred at that rank. Quantiles of windows cannot be averaged; ask for longer windows instead |
| `is_final` | 1 once the watermark has passed the end of the window and the time that the metric's cases need. Before it the value is provisional: more may arrive, and a cart counts as abandoned until somebody pays it |
| `watermark` | event time up to which everything has arrived |

A final value still changes, in place, for a late interaction, a late sign-in, an unlink or an erasure: the numbers are always those of all that is known.
A dimension's 100 most frequent values are told apart, the rest is `other`. A cohort's numerator counts where its denominator does ("counted at"), not where it
happened.

"""


def page() -> str:
    """Give docs/metrics.md."""
    metrics = load().metrics
    rows = "".join(
        f"| [`{one.name}`](#{one.name}) | {_cell(one.meaning)} | {one.unit} | {one.good} | {one.minimum_n} |\n"
        for one in metrics
    )
    table = (
        f"## All of them\n\n| metric | meaning | unit | better | minimum n |\n|---|---|---|---|---|\n{rows}\n"
    )
    head = HEAD.replace("DIMENSIONS", ", ".join(f"`{name}`" for name in DIMENSIONS))
    return head + table + "\n".join(map(section, metrics))


def section(metric: Metric) -> str:
    """Give one metric's part."""
    said = {
        "formula": _formula(metric),
        "counted at": metric.counted_at,
        "dimensions": ", ".join([*DIMENSIONS, *(f"**{name}**" for name in metric.dimensions)]),
        "final": _final(metric),
        "source": metric.source,
    }
    rows = "".join(f"- {name}: {text}\n" for name, text in said.items())
    return f"### {metric.name}\n\n{metric.meaning}\n\n{rows}"


def _formula(metric: Metric) -> str:
    if metric.kind == "quantile":
        return f"the {metric.quantile:g} quantile of {metric.numerator}"
    if metric.kind == "sum" or not metric.denominator:
        return metric.numerator
    return f"({metric.numerator}) / ({metric.denominator})"


def _final(metric: Metric) -> str:
    wait = f" + {shown(metric.final_after_seconds)}" if metric.final_after_seconds else ""
    return f"once the watermark has passed the window's end{wait}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write or compare."""
    if "--check" in sys.argv:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
