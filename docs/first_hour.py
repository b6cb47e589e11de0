"""An analyst's first hour: from the views into data frames, five questions, each with a plot and a sentence.

    cxstream up                                 # or cxstream demo, then CXSTREAM_DATA_DIR=.cxstream/demo cxstream up
    python docs/first_hour.py plots             # writes plots/*.png and prints what it found

The cells (# %%) run one by one in editors that know them. Needs clickhouse-connect, pandas and matplotlib. Every sentence is
computed; none of them proves a cause.
"""

# %% Connect: where the settings, or the local stack, say. Any ClickHouse client will do.
import sys
from pathlib import Path

import clickhouse_connect
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pipeline.settings import Settings

FOLDER = Path(*(sys.argv[1:2] or ["first_hour"]))
FOLDER.mkdir(parents=True, exist_ok=True)
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
STAGES = ["discover", "consider", "intend", "checkout", "purchased"]
AFTER = {"delivered", "served", "returned"}
"""Stages after the purchase."""
Z = 1.959964
plt.rcParams.update(
    {"axes.spines.top": False, "axes.spines.right": False, "figure.constrained_layout.use": True}
)

settings = Settings.load()
client = clickhouse_connect.get_client(
    host=settings.clickhouse_host,
    port=settings.clickhouse_http_port,
    username=settings.clickhouse_analyst_user,
    password=settings.clickhouse_analyst_password.reveal(),
    interface="https" if settings.clickhouse_tls else "http",
    database="cx",
)


def tell(figure: Figure, name: str, finding: str) -> None:
    """Save a plot and print its sentence."""
    figure.savefig(FOLDER / f"{name}.png", dpi=120)
    plt.close(figure)
    print(f"{name}: {finding}")


def wilson(hits: "pd.Series[float]", n: "pd.Series[float]") -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Give the ends of the 95 % intervals of shares, as cx.metrics does (Wilson 1927)."""
    middle = (hits + Z**2 / 2) / (n + Z**2)
    half = Z / (n + Z**2) * np.sqrt(hits * (n - hits) / n + Z**2 / 4)
    return middle - half, middle + half


def with_interval(frame: pd.DataFrame) -> pd.DataFrame:
    """Add share, low and high to a frame that has hits and n."""
    low, high = wilson(frame["hits"], frame["n"])
    return frame.assign(share=frame["hits"] / frame["n"], low=low, high=high)


def bars(frame: pd.DataFrame) -> list["pd.Series[float]"]:
    """Give the lengths of error bars below and above."""
    return [frame["share"] - frame["low"], frame["high"] - frame["share"]]


def told(row: "pd.Series[float]") -> str:
    """Give a share with its interval and n."""
    return f"{row['share']:.1%} ({row['low']:.1%} to {row['high']:.1%}, n = {row['n']:,.0f})"


# %% 1. Those who left: journeys without an order and without a step for a week. How far had they come?
journeys = client.query_df("""
    SELECT
        journey_id, customer, stage, outcome, order_id != '' AS bought, frictions > 0 AS hurt, channels[1] AS channel, value, currency,
        (SELECT max(last_step_at) FROM journeys) - toIntervalDay(7) > last_step_at AS is_quiet
    FROM journeys
""")
journeys["stage"] = journeys["stage"].where(~journeys["stage"].isin(AFTER), "purchased")
left = journeys[(journeys["bought"] == 0) & (journeys["is_quiet"] == 1)]
stages = [stage for stage in STAGES[:-1] if stage in set(left["stage"])]
counts = pd.crosstab(left["stage"], left["hurt"]).reindex(stages, columns=[0, 1], fill_value=0)
figure, axes = plt.subplots(figsize=(8, 3.6))
axes.barh(stages, counts[0], color=GREY, label="without a friction")
axes.barh(stages, counts[1], left=counts[0], color=ORANGE, label="with a friction")
for stage, hurt, count in zip(stages, counts[1], counts.sum(axis=1), strict=True):
    axes.annotate(
        f"{hurt / count:.0%} of {count:,}",
        (count, stage),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
    )
axes.invert_yaxis()
axes.margins(x=0.14)
axes.set(xlabel="journeys", ylabel="furthest stage", title="Left: no order, and no step for a week")
axes.legend(frameon=False, loc="lower right")
n = counts.sum(axis=1)
share = (counts[1] / n)[n >= min(30, n.max())]  # fewer say little
tell(
    figure,
    "left",
    f"{len(left):,} of {len(journeys):,} journeys went quiet for a week without an order, most ({n.max():,}) at "
    f"{n.idxmax()}; frictions are most frequent among those that left at {share.idxmax()} ({share.max():.0%}).",
)

# %% 2. The funnel by the channel on which a journey began: where do most drop out?
journeys["depth"] = journeys["stage"].map(STAGES.index)
begun = journeys[~journeys["channel"].isin(["", "mail", "survey", "system"])]
largest = begun["channel"].value_counts().loc[lambda n: n >= 30].index[:4]  # noqa: PLR2004 - fewer say little
funnel = pd.DataFrame(
    {
        channel: [(begun.loc[begun["channel"] == channel, "depth"] >= depth).mean() for depth in range(5)]
        for channel in largest
    },
    index=STAGES,
)
figure, axes = plt.subplots(figsize=(8, 4.4))
for colour, channel in zip((BLUE, ORANGE, "#009E73", "#CC79A7"), largest, strict=False):
    n = (begun["channel"] == channel).sum()
    axes.plot(STAGES, funnel[channel], marker="o", color=colour, label=f"{channel} (n = {n:,})")
axes.yaxis.set_major_formatter(PercentFormatter(1.0))
axes.set(
    ylim=(0, 1.04),
    xlabel="stage reached, or a later one",
    ylabel="share of journeys",
    title="Funnel by first channel",
)
axes.grid(axis="y", color="#E5E5E5")
axes.legend(frameon=False)
drops = -funnel.diff().iloc[1:]
channel = drops.max().idxmax()
stage = drops[channel].idxmax()
tell(
    figure,
    "funnel",
    f"the largest loss is on {channel} before {stage}: {drops.loc[stage, channel]:.0%} of its journeys stop there; "
    f"{funnel.loc['purchased'].idxmax()} ends in an order most often ({funnel.loc['purchased'].max():.0%}), "
    f"{funnel.loc['purchased'].idxmin()} least ({funnel.loc['purchased'].min():.0%}).",
)

# %% 3. Where satisfaction breaks: satisfied answers by the channel on which the customer stood last before answering.
answers = client.query_df("""
    SELECT
        steps.customer AS customer, steps.time AS time, JSONExtractString(answers.data, 'kind') AS kind,
        JSONExtractFloat(answers.data, 'score') AS score, JSONExtractFloat(answers.data, 'scale_min') AS least,
        JSONExtractFloat(answers.data, 'scale_max') AS most, JSONExtractString(answers.data, 'polarity') AS polarity
    FROM touchpoints AS steps
    INNER JOIN interactions AS answers ON steps.source = answers.source AND steps.id = answers.id
    WHERE steps.type = 'survey_answered'
""")
stood = client.query_df("""
    SELECT customer, time, channel
    FROM touchpoints
    WHERE passive = 0 AND channel NOT IN ('survey', 'system', 'mail')
""")
turned = answers["polarity"] == "lower_is_better"
score = answers["score"].mask(turned, answers["least"] + answers["most"] - answers["score"])
answers["hits"] = score >= answers["most"] - 1  # nps: 9 and 10; csat and ces: the top two boxes
last = pd.merge_asof(answers.sort_values("time"), stood.sort_values("time"), on="time", by="customer")
by_channel = last.groupby("channel")["hits"].agg(hits="sum", n="size").astype(float)
by_channel = with_interval(by_channel[by_channel["n"] >= 10]).sort_values("share")  # noqa: PLR2004 - as above
every = last["hits"].mean()
figure, axes = plt.subplots(figsize=(8, 3.4))
axes.axvline(every, color=GREY, linewidth=1)
axes.annotate(
    "all",
    (every, 1),
    xycoords=("data", "axes fraction"),
    ha="center",
    va="bottom",
    color="#666666",
    fontsize=9,
)
axes.errorbar(by_channel["share"], by_channel.index, xerr=bars(by_channel), fmt="o", color=BLUE, capsize=3)
axes.set_yticks(by_channel.index, [f"{name} (n = {n:.0f})" for name, n in by_channel["n"].items()])
axes.xaxis.set_major_formatter(PercentFormatter(1.0))
axes.margins(y=0.2)
axes.set(xlim=(0, 1), xlabel="satisfied answers, with 95 % interval", ylabel="last channel before the answer")
axes.set_title("Satisfaction by channel", pad=18)
worst = by_channel.iloc[0]
certain = "more than chance alone" if worst["high"] < every else "within what chance alone can do"
tell(
    figure,
    "satisfaction",
    f"after {worst.name} the fewest answers are satisfied, {told(worst)}, against {every:.1%} of all: the lowest of {len(by_channel)} channels, {certain}.",
)

# %% 4. What a friction costs: of journeys that got as far as a cart, with and without a friction before the order.
carts = client.query_df("""
    SELECT
        journeys.journey_id AS journey_id, any(journeys.order_id != '') AS bought, any(journeys.value) AS value,
        any(journeys.currency) AS currency,
        countIf(felt.journey_id != '' AND (journeys.purchased_at IS NULL OR felt.time < journeys.purchased_at)) > 0 AS hurt
    FROM journeys
    LEFT JOIN (SELECT journey_id, time FROM frictions WHERE journey_id != '') AS felt USING (journey_id)
    WHERE journeys.stage NOT IN ('discover', 'consider')
    GROUP BY journey_id
""")
cost = with_interval(carts.groupby("hurt")["bought"].agg(hits="sum", n="size").astype(float).reindex([0, 1]))
currency = carts.loc[carts["currency"] != "", "currency"].value_counts().idxmax()
mine = carts[carts["currency"] == currency].assign(value=lambda frame: frame["value"].astype(float) / 100)
value = mine.groupby("hurt")["value"].agg(["mean", "sem"]).reindex([0, 1])
figure, (left_axes, right_axes) = plt.subplots(1, 2, figsize=(9, 4))
labels = [
    f"{name}\n(n = {n:,.0f})" for name, n in zip(("without", "with a friction"), cost["n"], strict=True)
]
left_axes.bar(labels, cost["share"], yerr=bars(cost), color=[BLUE, ORANGE], capsize=4, width=0.6)
left_axes.yaxis.set_major_formatter(PercentFormatter(1.0))
left_axes.set(ylabel="journeys with an order", title="Conversion from the cart on")
counted = mine["hurt"].value_counts().reindex([0, 1], fill_value=0)
labels = [f"{name}\n(n = {n:,})" for name, n in zip(("without", "with a friction"), counted, strict=True)]
right_axes.bar(labels, value["mean"], yerr=Z * value["sem"], color=[BLUE, ORANGE], capsize=4, width=0.6)
right_axes.set(ylabel=f"{currency}, mean with 95 % interval", title=f"Value of an order in {currency}")
apart = cost.loc[0, "low"] > cost.loc[1, "high"] or cost.loc[1, "low"] > cost.loc[0, "high"]
tell(
    figure,
    "cost",
    f"from the cart on {told(cost.loc[1])} of the journeys with a friction end in an order, {told(cost.loc[0])} of the others; the "
    f"intervals {'do not overlap' if apart else 'overlap'}. An order is worth {value.loc[1, 'mean']:,.0f} {currency} against "
    f"{value.loc[0, 'mean']:,.0f}.",
)

# %% 5. A metric over time: the conversion of sessions by day, final and provisional told apart.
days = client.query_df("""
    SELECT window, value, low, high, n, is_final
    FROM metrics(seconds = 86400, by = [])
    WHERE metric = 'session_conversion'
    ORDER BY window
""")
days = days.astype({"value": float, "low": float, "high": float})
final, open_days = days[days["is_final"] == 1].dropna(), days[days["is_final"] == 0].dropna()
figure, axes = plt.subplots(figsize=(9, 4))
axes.fill_between(
    final["window"], final["low"], final["high"], color=BLUE, alpha=0.15, linewidth=0, label="95 % interval"
)
axes.plot(final["window"], final["value"], color=BLUE, marker="o", markersize=4, label="final")
if len(open_days):
    around = [open_days["value"] - open_days["low"], open_days["high"] - open_days["value"]]
    style = {"fmt": "o", "mfc": "white", "color": BLUE, "label": "not final yet"}
    axes.errorbar(open_days["window"], open_days["value"], yerr=around, **style)
axes.yaxis.set_major_formatter(PercentFormatter(1.0))
axes.set(ylim=(0, None), xlabel="day (UTC)", ylabel="sessions with an order", title="session_conversion")
axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
axes.grid(axis="y", color="#E5E5E5")
axes.legend(frameon=False, loc="lower left")
mean = (days["value"] * days["n"]).sum() / days.loc[days["value"].notna(), "n"].sum()
outside = final[(final["low"] > mean) | (final["high"] < mean)]
tell(
    figure,
    "conversion",
    f"{mean:.1%} of sessions end in an order over {len(final)} final days; on {len(outside)} of them the 95 % interval leaves that out, "
    f"and by chance alone about {0.05 * len(final):.0f} would.",
)
