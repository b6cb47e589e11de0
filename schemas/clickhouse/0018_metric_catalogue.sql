CREATE TABLE IF NOT EXISTS cx_store.metric_catalogue
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    number UInt16 COMMENT 'Its place in schemas/metrics.yaml',
    meaning String COMMENT 'What it says, in one sentence',
    kind LowCardinality(String) COMMENT 'ratio, sum or duration',
    unit LowCardinality(String) COMMENT 'Unit of the value',
    scale UInt32 COMMENT 'So many of the stored numerator are one unit',
    good LowCardinality(String) COMMENT 'higher or lower: which direction is good',
    numerator String COMMENT 'Numerator in words',
    denominator String COMMENT 'Denominator in words; empty for a sum',
    counted_at String COMMENT 'Whose minute, channel and source count',
    final_after_seconds UInt32 COMMENT 'How long after a window''s end its cases can still change',
    minimum_n UInt32 COMMENT 'With fewer contributions the value says little',
    formula String COMMENT 'Where the formula comes from',
    version UInt64 COMMENT 'Number of the migration run that wrote it',
    is_deleted UInt8 COMMENT '1 where there is no such metric any more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY metric
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'schemas/metrics.yaml, as cxstream migrate last read it';

CREATE OR REPLACE VIEW cx.metric_catalogue
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    meaning String COMMENT 'What it says, in one sentence',
    kind LowCardinality(String) COMMENT 'ratio, sum or duration',
    unit LowCardinality(String) COMMENT 'Unit of the value',
    scale UInt32 COMMENT 'So many of the stored numerator are one unit',
    good LowCardinality(String) COMMENT 'higher or lower: which direction is good',
    numerator String COMMENT 'Numerator in words',
    denominator String COMMENT 'Denominator in words; empty for a sum',
    counted_at String COMMENT 'Whose minute, channel and source count',
    final_after_seconds UInt32 COMMENT 'How long after a window''s end its cases can still change',
    minimum_n UInt32 COMMENT 'With fewer contributions the value says little',
    formula String COMMENT 'Where the formula comes from'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    meaning,
    kind,
    unit,
    scale,
    good,
    numerator,
    denominator,
    counted_at,
    final_after_seconds,
    minimum_n,
    formula
FROM cx_store.metric_catalogue FINAL
ORDER BY number
COMMENT 'What each metric is';

CREATE OR REPLACE VIEW cx.metrics_every
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    (SELECT watermark FROM cx.watermark) AS watermark,
    (1 + 0.01) / (1 - 0.01) AS gamma,
    (share, histogram) -> arrayElement(
        histogram.1, arrayFirstIndex(seen -> seen >= share * arraySum(histogram.2), arrayCumSum(histogram.2))
    ) AS bucket_at,
    bucket -> if(bucket = -2147483648, 0, 2 * pow(gamma, bucket) / (gamma + 1)) AS middle_of,
    share -> if(
        empty(summed.histogram.1), NULL, middle_of(bucket_at(share, summed.histogram)) / catalogue.scale
    ) AS quantile_at
SELECT
    summed.metric AS metric,
    summed.start AS window,
    summed.channel AS channel,
    summed.source AS source,
    summed.currency AS currency,
    summed.numerator / catalogue.scale AS numerator,
    if(catalogue.kind = 'sum', NULL, summed.denominator) AS denominator,
    if(catalogue.kind = 'sum', numerator, numerator / nullIf(summed.denominator, 0)) AS value,
    summed.n AS n,
    quantile_at(0.5) AS p50,
    quantile_at(0.75) AS p75,
    quantile_at(0.9) AS p90,
    watermark >= toDateTime64(summed.start, 3, 'UTC') + toIntervalSecond({seconds:UInt32} + catalogue.final_after_seconds)
        AS is_final
FROM
(
    SELECT
        metric,
        toDateTime(intDiv(toUInt32(window), {seconds:UInt32}) * {seconds:UInt32}, 'UTC') AS start,
        channel,
        source,
        currency,
        sum(stored.numerator) AS numerator,
        sum(stored.denominator) AS denominator,
        sum(stored.n) AS n,
        sumMap(stored.buckets, stored.counts) AS histogram
    FROM cx_store.metric_windows AS stored FINAL
    GROUP BY metric, start, channel, source, currency
    HAVING numerator != 0 OR denominator != 0 OR n != 0
) AS summed
INNER JOIN cx_store.metric_catalogue AS catalogue FINAL ON summed.metric = catalogue.metric
COMMENT 'Metrics in windows of any length: FROM cx.metrics_every(seconds = 900)';

CREATE OR REPLACE VIEW cx.metric_windows
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of a duration, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM cx.metrics_every(seconds = 60)
COMMENT 'Metrics by minute and dimensions';

CREATE OR REPLACE VIEW cx.metric_windows_5_minutes
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the 5 minutes',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of a duration, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM cx.metrics_every(seconds = 300)
COMMENT 'Metrics by 5 minutes and dimensions';

CREATE OR REPLACE VIEW cx.metric_windows_1_hour
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the hour',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of a duration, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM cx.metrics_every(seconds = 3600)
COMMENT 'Metrics by hour and dimensions';

CREATE OR REPLACE VIEW cx.metric_windows_1_day
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the day, UTC',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of a duration, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM cx.metrics_every(seconds = 86400)
COMMENT 'Metrics by day, UTC and dimensions';
