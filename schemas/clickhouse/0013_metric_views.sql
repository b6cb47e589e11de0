CREATE OR REPLACE VIEW cx.metric_catalogue
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    kind LowCardinality(String) COMMENT 'ratio, sum or duration',
    unit LowCardinality(String) COMMENT 'Unit of the value',
    final_after_seconds UInt32 COMMENT 'How long after a window''s end its cases can still change',
    description String COMMENT 'Numerator and denominator in words'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM values(
    'metric String, kind String, unit String, final_after_seconds UInt32, description String',
    ('orders', 'sum', 'orders', 0, 'Orders'),
    ('revenue', 'sum', 'minor units', 0, 'Revenue of orders before refunds'),
    ('average_order_value', 'ratio', 'minor units', 0, 'Revenue / orders'),
    ('session_conversion', 'ratio', 'share', 0, 'Sessions with an order / sessions'),
    ('cart_abandonment', 'ratio', 'share', 86400, 'Carts without an order within 24 hours / carts'),
    ('nps', 'ratio', 'points', 0, '100 times (promoters - detractors) / answers'),
    ('csat', 'ratio', 'share', 0, 'Answers in the top two boxes / answers'),
    ('payment_failure_rate', 'ratio', 'share', 0, 'Payments failed / payments tried'),
    ('search_zero_rate', 'ratio', 'share', 0, 'Searches without a result / searches'),
    ('first_response_time', 'duration', 'seconds', 0, 'From the customer''s first message to the first reply by a person')
)
COMMENT 'What each metric is';

CREATE OR REPLACE VIEW cx.metrics_every
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    (SELECT watermark FROM cx.watermark) AS watermark,
    (1 + 0.01) / (1 - 0.01) AS gamma,
    (share, histogram) -> arrayElement(
        histogram.1, arrayFirstIndex(seen -> seen >= share * arraySum(histogram.2), arrayCumSum(histogram.2))
    ) AS bucket_at,
    bucket -> if(bucket = -2147483648, 0, 2 * pow(gamma, bucket) / (gamma + 1) / 1000) AS seconds_of
SELECT
    summed.metric AS metric,
    summed.start AS window,
    summed.channel AS channel,
    summed.source AS source,
    summed.currency AS currency,
    if(catalogue.kind = 'duration', summed.numerator / 1000, toFloat64(summed.numerator)) AS numerator,
    if(catalogue.kind = 'sum', NULL, summed.denominator) AS denominator,
    if(catalogue.kind = 'sum', toFloat64(summed.numerator), numerator / nullIf(summed.denominator, 0)) AS value,
    summed.n AS n,
    if(empty(summed.histogram.1), NULL, seconds_of(bucket_at(0.5, summed.histogram))) AS p50,
    if(empty(summed.histogram.1), NULL, seconds_of(bucket_at(0.9, summed.histogram))) AS p90,
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
LEFT ANY JOIN cx.metric_catalogue AS catalogue ON summed.metric = catalogue.metric
COMMENT 'Metrics in windows of any length: FROM cx.metrics_every(seconds = 900)';

CREATE OR REPLACE VIEW cx.metric_windows
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator; durations in seconds, money in minor units',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration in seconds, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration in seconds, within 1 %',
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
    numerator Float64 COMMENT 'Numerator; durations in seconds, money in minor units',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration in seconds, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration in seconds, within 1 %',
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
    numerator Float64 COMMENT 'Numerator; durations in seconds, money in minor units',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration in seconds, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration in seconds, within 1 %',
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
    numerator Float64 COMMENT 'Numerator; durations in seconds, money in minor units',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, or the sum; NULL where the denominator is 0',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of a duration in seconds, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of a duration in seconds, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT *
FROM cx.metrics_every(seconds = 86400)
COMMENT 'Metrics by day, UTC and dimensions';
