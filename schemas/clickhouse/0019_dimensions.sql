ALTER TABLE cx_store.metric_windows
ADD COLUMN IF NOT EXISTS declared LowCardinality(String) COMMENT 'Dimensions that the metric itself declares: name=value, sorted, with commas between; else empty' AFTER currency,
ADD COLUMN IF NOT EXISTS country LowCardinality(String) COMMENT 'Country of the context; else empty' AFTER declared,
ADD COLUMN IF NOT EXISTS device LowCardinality(String) COMMENT 'Type of device of the context; else empty' AFTER country,
ADD COLUMN IF NOT EXISTS app_version LowCardinality(String) COMMENT 'Version of the app of the context; else empty' AFTER device,
ADD COLUMN IF NOT EXISTS campaign LowCardinality(String) COMMENT 'source/medium/name of the context''s campaign; else empty' AFTER app_version,
ADD COLUMN IF NOT EXISTS experiments LowCardinality(String) COMMENT 'id=variation of each experiment of the context, sorted, with commas between; else empty' AFTER campaign,
MODIFY ORDER BY (metric, window, channel, source, currency, epoch, partition, declared, country, device, app_version, campaign, experiments);

ALTER TABLE cx_store.metric_windows COMMENT COLUMN buckets 'Log buckets of the histogram of the values behind a mean';

CREATE OR REPLACE VIEW cx.dimension_values
(
    dimension String COMMENT 'Dimension whose values sources choose freely',
    value String COMMENT 'One of its values',
    n Int64 COMMENT 'Contributions to all metrics that carry it',
    place UInt64 COMMENT 'Its place among the dimension''s values by n',
    shown_as String COMMENT 'The value; other where it is not among the first 100'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    dimension,
    value,
    n,
    row_number() OVER (PARTITION BY dimension ORDER BY n DESC, value ASC) AS place,
    if(place > 100, 'other', value) AS shown_as
FROM
(
    SELECT
        'declared' AS dimension,
        toString(stored.declared) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.declared != ''
    GROUP BY stored.declared
    UNION ALL
    SELECT
        'country' AS dimension,
        toString(stored.country) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.country != ''
    GROUP BY stored.country
    UNION ALL
    SELECT
        'device' AS dimension,
        toString(stored.device) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.device != ''
    GROUP BY stored.device
    UNION ALL
    SELECT
        'app_version' AS dimension,
        toString(stored.app_version) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.app_version != ''
    GROUP BY stored.app_version
    UNION ALL
    SELECT
        'campaign' AS dimension,
        toString(stored.campaign) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.campaign != ''
    GROUP BY stored.campaign
    UNION ALL
    SELECT
        'experiments' AS dimension,
        toString(stored.experiments) AS value,
        sum(stored.n) AS n
    FROM cx_store.metric_windows AS stored FINAL
    WHERE stored.experiments != ''
    GROUP BY stored.experiments
)
COMMENT 'Which values of a dimension cx.metrics tells apart: the 100 most frequent; the rest are one, called other';

DROP VIEW IF EXISTS cx.metrics_every;

CREATE OR REPLACE VIEW cx.metrics
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    (SELECT watermark FROM cx.watermark) AS watermark_now,
    (1 + 0.01) / (1 - 0.01) AS gamma,
    1.959964 AS z, -- quantile of the normal distribution for 95 %
    bucket -> multiIf(
        bucket = -536870912, 0.0,
        bucket < -536870912, -2 * pow(gamma, -1073741824 - bucket) / (gamma + 1),
        2 * pow(gamma, bucket) / (gamma + 1)
    ) AS middle_of,
    (share, histogram) -> arrayElement(
        histogram.1, arrayFirstIndex(seen -> seen >= share * arraySum(histogram.2), arrayCumSum(histogram.2))
    ) AS bucket_at,
    share -> if(
        empty(summed.histogram.1), NULL, middle_of(bucket_at(share, summed.histogram)) / catalogue.scale
    ) AS quantile_at,
    summed.n >= catalogue.minimum_n AS is_enough,
    -- Wilson, Journal of the American Statistical Association 22, 1927
    catalogue.kind = 'ratio' AND catalogue.unit = 'share' AND is_enough
    AND summed.numerator BETWEEN 0 AND summed.denominator AND summed.denominator > 0 AS is_share,
    (summed.numerator + z * z / 2) / (summed.denominator + z * z) AS wilson_middle,
    z / (summed.denominator + z * z) * sqrt(
        summed.numerator * (summed.denominator - summed.numerator) / nullIf(summed.denominator, 0) + z * z / 4
    ) AS wilson_half,
    -- The spread of the values is that of the histogram, so within 2 %
    catalogue.kind = 'mean' AND is_enough AND summed.n > 1 AS is_mean,
    arrayMap(bucket -> middle_of(bucket), summed.histogram.1) AS middles,
    arraySum((middle, seen) -> middle * seen, middles, summed.histogram.2) / greatest(summed.n, 1) AS middle,
    sqrt(
        arraySum((each, seen) -> pow(each - middle, 2) * seen, middles, summed.histogram.2) / greatest(summed.n - 1, 1)
    ) / catalogue.scale AS spread,
    z * spread / sqrt(summed.n) AS normal_half
SELECT
    summed.metric AS metric,
    summed.start AS window,
    summed.by_channel AS channel,
    summed.by_source AS source,
    summed.currency AS currency,
    summed.by_declared AS declared,
    summed.by_country AS country,
    summed.by_device AS device,
    summed.by_app_version AS app_version,
    summed.by_campaign AS campaign,
    summed.by_experiments AS experiments,
    summed.numerator / catalogue.scale AS numerator,
    if(catalogue.kind = 'sum', NULL, summed.denominator) AS denominator,
    multiIf(
        NOT is_enough, NULL,
        catalogue.kind = 'sum', summed.numerator / catalogue.scale,
        catalogue.kind = 'quantile', quantile_at(catalogue.quantile),
        summed.numerator / catalogue.scale / nullIf(summed.denominator, 0)
    ) AS value,
    multiIf(is_share, wilson_middle - wilson_half, is_mean, value - normal_half, NULL) AS low,
    multiIf(is_share, wilson_middle + wilson_half, is_mean, value + normal_half, NULL) AS high,
    summed.n AS n,
    quantile_at(0.5) AS p50,
    quantile_at(0.75) AS p75,
    quantile_at(0.9) AS p90,
    watermark_now >= toDateTime64(summed.start, 3, 'UTC') + toIntervalSecond({seconds:UInt32} + catalogue.final_after_seconds)
        AS is_final,
    watermark_now AS watermark
FROM
(
    SELECT
        metric,
        toDateTime(intDiv(toUInt32(window), {seconds:UInt32}) * {seconds:UInt32}, 'UTC') AS start,
        if(has({by:Array(String)}, 'channel'), channel, '') AS by_channel,
        if(has({by:Array(String)}, 'source'), source, '') AS by_source,
        currency,
        multiIf(
            NOT has({by:Array(String)}, 'declared') OR declared = '', '',
            declared IN (
                SELECT toString(ranked.declared) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'declared') AND ranked.declared != ''
                GROUP BY ranked.declared
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), declared,
            'other'
        ) AS by_declared,
        multiIf(
            NOT has({by:Array(String)}, 'country') OR country = '', '',
            country IN (
                SELECT toString(ranked.country) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'country') AND ranked.country != ''
                GROUP BY ranked.country
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), country,
            'other'
        ) AS by_country,
        multiIf(
            NOT has({by:Array(String)}, 'device') OR device = '', '',
            device IN (
                SELECT toString(ranked.device) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'device') AND ranked.device != ''
                GROUP BY ranked.device
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), device,
            'other'
        ) AS by_device,
        multiIf(
            NOT has({by:Array(String)}, 'app_version') OR app_version = '', '',
            app_version IN (
                SELECT toString(ranked.app_version) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'app_version') AND ranked.app_version != ''
                GROUP BY ranked.app_version
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), app_version,
            'other'
        ) AS by_app_version,
        multiIf(
            NOT has({by:Array(String)}, 'campaign') OR campaign = '', '',
            campaign IN (
                SELECT toString(ranked.campaign) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'campaign') AND ranked.campaign != ''
                GROUP BY ranked.campaign
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), campaign,
            'other'
        ) AS by_campaign,
        multiIf(
            NOT has({by:Array(String)}, 'experiments') OR experiments = '', '',
            experiments IN (
                SELECT toString(ranked.experiments) AS value
                FROM cx_store.metric_windows AS ranked FINAL
                WHERE has({by:Array(String)}, 'experiments') AND ranked.experiments != ''
                GROUP BY ranked.experiments
                ORDER BY sum(ranked.n) DESC, value ASC
                LIMIT 100
            ), experiments,
            'other'
        ) AS by_experiments,
        sum(stored.numerator) AS numerator,
        sum(stored.denominator) AS denominator,
        sum(stored.n) AS n,
        sumMap(stored.buckets, stored.counts) AS histogram
    FROM cx_store.metric_windows AS stored FINAL
    GROUP BY
        metric, start, by_channel, by_source, currency,
        by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments
    HAVING numerator != 0 OR denominator != 0 OR n != 0
) AS summed
INNER JOIN cx_store.metric_catalogue AS catalogue FINAL ON summed.metric = catalogue.metric
COMMENT 'Metrics in windows of any length and by any dimensions, the others added up: FROM cx.metrics(seconds = 900, by = [''channel'', ''country''])';

CREATE OR REPLACE VIEW cx.metric_windows
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, the sum, or a quantile; NULL where the denominator is 0 or n is below the metric''s minimum_n',
    low Nullable(Float64) COMMENT 'Lower end of the 95 % interval of the value: Wilson for shares, normal for means; NULL for all else',
    high Nullable(Float64) COMMENT 'Upper end of it',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of the values behind a mean, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of them, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of them, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time up to which everything has arrived, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    numerator,
    denominator,
    value,
    low,
    high,
    n,
    p50,
    p75,
    p90,
    is_final,
    watermark
FROM cx.metrics(seconds = 60, by = ['channel', 'source'])
COMMENT 'Metrics by minute, channel and source';

CREATE OR REPLACE VIEW cx.metric_windows_5_minutes
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the 5 minutes',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, the sum, or a quantile; NULL where the denominator is 0 or n is below the metric''s minimum_n',
    low Nullable(Float64) COMMENT 'Lower end of the 95 % interval of the value: Wilson for shares, normal for means; NULL for all else',
    high Nullable(Float64) COMMENT 'Upper end of it',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of the values behind a mean, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of them, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of them, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time up to which everything has arrived, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    numerator,
    denominator,
    value,
    low,
    high,
    n,
    p50,
    p75,
    p90,
    is_final,
    watermark
FROM cx.metrics(seconds = 300, by = ['channel', 'source'])
COMMENT 'Metrics by 5 minutes, channel and source';

CREATE OR REPLACE VIEW cx.metric_windows_1_hour
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the hour',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, the sum, or a quantile; NULL where the denominator is 0 or n is below the metric''s minimum_n',
    low Nullable(Float64) COMMENT 'Lower end of the 95 % interval of the value: Wilson for shares, normal for means; NULL for all else',
    high Nullable(Float64) COMMENT 'Upper end of it',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of the values behind a mean, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of them, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of them, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time up to which everything has arrived, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    numerator,
    denominator,
    value,
    low,
    high,
    n,
    p50,
    p75,
    p90,
    is_final,
    watermark
FROM cx.metrics(seconds = 3600, by = ['channel', 'source'])
COMMENT 'Metrics by hour, channel and source';

CREATE OR REPLACE VIEW cx.metric_windows_1_day
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the day, UTC',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    numerator Float64 COMMENT 'Numerator in the unit of the metric',
    denominator Nullable(Int64) COMMENT 'Denominator; NULL for a sum',
    value Nullable(Float64) COMMENT 'numerator / denominator, the sum, or a quantile; NULL where the denominator is 0 or n is below the metric''s minimum_n',
    low Nullable(Float64) COMMENT 'Lower end of the 95 % interval of the value: Wilson for shares, normal for means; NULL for all else',
    high Nullable(Float64) COMMENT 'Upper end of it',
    n Int64 COMMENT 'Number of contributions',
    p50 Nullable(Float64) COMMENT 'Median of the values behind a mean, within 1 %',
    p75 Nullable(Float64) COMMENT '75th percentile of them, within 1 %',
    p90 Nullable(Float64) COMMENT '90th percentile of them, within 1 %',
    is_final UInt8 COMMENT '1 once the watermark has passed all that can change it, late interactions aside',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time up to which everything has arrived, late interactions aside'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    numerator,
    denominator,
    value,
    low,
    high,
    n,
    p50,
    p75,
    p90,
    is_final,
    watermark
FROM cx.metrics(seconds = 86400, by = ['channel', 'source'])
COMMENT 'Metrics by day (UTC), channel and source';
