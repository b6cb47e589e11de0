CREATE TABLE IF NOT EXISTS cx_store.metric_windows
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute' CODEC(Delta, ZSTD(1)),
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    partition UInt32 COMMENT 'Partition of the stitch topic that counted this share',
    numerator Int64 COMMENT 'Share of the numerator; durations in milliseconds, money in minor units',
    denominator Int64 COMMENT 'Share of the denominator',
    n Int64 COMMENT 'Share of the number of contributions',
    buckets Array(Int32) COMMENT 'Log buckets of a duration''s histogram',
    counts Array(Int64) COMMENT 'Contributions in each bucket',
    version UInt64 COMMENT 'Position up to which it has counted'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (metric, window, channel, source, currency, epoch, partition)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Metrics by minute and dimensions, as counted by each partition; shares of one window add up';
