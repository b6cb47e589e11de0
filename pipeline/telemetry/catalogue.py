"""The catalogue: every measure about the pipeline itself, by kind. A name that is not here does not type-check."""

from enum import Enum
from typing import Final, NamedTuple

Labels = tuple[str, ...]

METRIC_LABELS: Final = ("metric", "channel", "currency", "final")


class Measure(NamedTuple):
    """A measure's name for Prometheus, what it says, and its labels, all from closed or declared sets."""

    name: str
    help: str
    labels: Labels = ()


class Counter(Enum):
    """What only grows."""

    RECEIVED = Measure("cxstream_received_records_total", "Records read from a source topic.", ("topic",))
    ACCEPTED = Measure("cxstream_accepted_records_total", "Records accepted as interactions.", ("topic",))
    REJECTED = Measure("cxstream_rejected_records_total", "Records refused, by reason.", ("topic", "reason"))
    ROWS = Measure("cxstream_rows_written_total", "Rows whose write was confirmed.", ("table",))
    FLUSHES = Measure("cxstream_flushes_total", "Flushes that were confirmed and acknowledged.", ("agent",))
    TOLD = Measure("cxstream_messages_told_total", "Messages that actors were told.")
    NEW = Measure("cxstream_messages_new_total", "Messages that told an actor something new.")
    WORDS = Measure("cxstream_words_sent_total", "Words that actors sent to other actors.")
    CROSSINGS = Measure(
        "cxstream_crossings_total",
        "Words on crossings of the friction threshold that watch heard, by whether they hold.",
        ("holds",),
    )
    HOPS = Measure(
        "cxstream_finality_hops_total",
        "Hops that rounds of finality have passed, on the worker that watches.",
    )
    LOADED = Measure("cxstream_actors_loaded_total", "Cold actors that were loaded from the ledger.")
    RETRIES = Measure("cxstream_write_retries_total", "Writes that were tried again.", ("table",))
    METRIC_READS_FAILED = Measure(
        "cxstream_metric_reads_failed_total", "Reads of the metrics by cxstream export that failed."
    )


class Gauge(Enum):
    """What goes up and down. An age is time() minus a timestamp."""

    LAG = Measure(
        "cxstream_lag_records", "Records of a partition that wait to be read.", ("topic", "partition")
    )
    ASSIGNED = Measure("cxstream_assigned_partitions", "Partitions that this worker reads.", ("topic",))
    CACHE = Measure("cxstream_cache_entries", "Entries in a cache.", ("cache",))
    WATERMARK = Measure(
        "cxstream_watermark_timestamp_seconds",
        "Watermark of a stitch partition, as Unix time.",
        ("partition",),
    )
    FINAL = Measure(
        "cxstream_final_timestamp_seconds",
        "Watermark up to which numbers are final, as Unix time; 0 on a worker that does not watch.",
    )
    WATCHES = Measure("cxstream_watches", "1 on the worker that decides what is final.")
    LAST_WRITE = Measure(
        "cxstream_last_write_timestamp_seconds", "When a flush was last confirmed, as Unix time."
    )
    METRIC_VALUE = Measure(
        "cxstream_metric_value",
        "Value of a metric in its newest window that is final, and in its newest that is not (cxstream export); "
        "absent where n is below the metric's minimum. channel is all, or one.",
        METRIC_LABELS,
    )
    METRIC_N = Measure("cxstream_metric_n", "Contributions to that window.", METRIC_LABELS)
    METRIC_WINDOW = Measure(
        "cxstream_metric_window_timestamp_seconds", "Start of that window, as Unix time.", METRIC_LABELS
    )
    METRIC_READ = Measure(
        "cxstream_metrics_read_timestamp_seconds",
        "When cxstream export last read the metrics, as Unix time. When reads fail for a minute, values go.",
    )
    METRIC_DROPPED = Measure(
        "cxstream_metric_series_dropped",
        "Metric, channel, currency and final beyond export_series: not shown.",
    )


class Histogram(Enum):
    """How long something took, in seconds."""

    BATCH = Measure("cxstream_batch_seconds", "Computing a flush, its loads included.", ("agent",))
    WRITE = Measure(
        "cxstream_write_seconds", "Writing one table's rows of a flush, retries included.", ("table",)
    )
    LOAD = Measure("cxstream_load_seconds", "Loading what is cold from a table.", ("table",))


BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Upper bounds of the histograms; the last is the default deadline of a write."""
