CREATE TABLE IF NOT EXISTS cx_store.metric_revisions
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute' CODEC(Delta, ZSTD(1)),
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    declared LowCardinality(String) COMMENT 'Dimensions that the metric itself declares, as name=value',
    country LowCardinality(String) COMMENT 'Country in the context of that interaction',
    device LowCardinality(String) COMMENT 'Type of its device',
    app_version LowCardinality(String) COMMENT 'Version of its app',
    campaign LowCardinality(String) COMMENT 'Its campaign, as source/medium/name',
    experiments LowCardinality(String) COMMENT 'Its experiments, as id=variation',
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    partition UInt32 COMMENT 'Partition of the stitch topic whose share changed',
    position UInt64 COMMENT 'Position of the block that changed it' CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String) COMMENT 'Why it changed after the watermark had passed it',
    heard_at DateTime64(3, 'UTC') COMMENT 'When the log took the news that caused it, where it was first heard' CODEC(Delta, ZSTD(1)),
    numerator Int64 COMMENT 'Change of the numerator; durations in milliseconds, money in minor units',
    denominator Int64 COMMENT 'Change of the denominator',
    n Int64 COMMENT 'Change of the number of contributions',
    contributions UInt32 COMMENT 'Interactions that made the change; of a metric that needs a history, customers',
    revised_at DateTime64(3, 'UTC') COMMENT 'When the log took the block' CODEC(Delta, ZSTD(1)),
    watermark DateTime64(3, 'UTC') COMMENT 'Watermark that the partition had heard before the block' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (
    metric, window, channel, source, currency, declared, country, device, app_version, campaign, experiments,
    epoch, partition, position, reason, heard_at
)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Changes of windows that the watermark had passed, by the block that made them; written again they are the same';

CREATE OR REPLACE VIEW cx.revisions
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    told.metric AS metric,
    told.start AS window,
    told.by_channel AS channel,
    told.by_source AS source,
    told.currency AS currency,
    told.by_declared AS declared,
    told.by_country AS country,
    told.by_device AS device,
    told.by_app_version AS app_version,
    told.by_campaign AS campaign,
    told.by_experiments AS experiments,
    told.number AS revision,
    told.heard_at AS heard_at,
    told.last_revised_at AS revised_at,
    told.reason AS reason,
    told.contributions AS contributions,
    told.numerator / catalogue.scale AS numerator_change,
    if(catalogue.kind = 'sum', NULL, told.denominator) AS denominator_change,
    told.n AS n_change,
    told.numerator_now / catalogue.scale AS numerator_now,
    if(catalogue.kind = 'sum', NULL, told.denominator_now) AS denominator_now,
    told.n_now AS n_now,
    multiIf(
        catalogue.kind = 'quantile' OR told.n_now - told.n < catalogue.minimum_n, NULL,
        catalogue.kind = 'sum', (told.numerator_now - told.numerator) / catalogue.scale,
        (told.numerator_now - told.numerator) / catalogue.scale / nullIf(told.denominator_now - told.denominator, 0)
    ) AS value_before,
    multiIf(
        catalogue.kind = 'quantile' OR told.n_now < catalogue.minimum_n, NULL,
        catalogue.kind = 'sum', told.numerator_now / catalogue.scale,
        told.numerator_now / catalogue.scale / nullIf(told.denominator_now, 0)
    ) AS value_now,
    told.reason != 'delayed' -- the final watermark waits for words on their way
    AND told.watermark
    >= toDateTime64(told.start, 3, 'UTC') + toIntervalSecond({seconds:UInt32} + catalogue.final_after_seconds)
        AS was_final
FROM
(
    SELECT
        changed.*,
        row_number() OVER until_now AS number,
        present.numerator - (sum(changed.numerator) OVER whole - sum(changed.numerator) OVER until_now) AS numerator_now,
        present.denominator - (sum(changed.denominator) OVER whole - sum(changed.denominator) OVER until_now) AS denominator_now,
        present.n - (sum(changed.n) OVER whole - sum(changed.n) OVER until_now) AS n_now
    FROM
    (
        SELECT
            metric,
            toDateTime(intDiv(toUInt32(window), {seconds:UInt32}) * {seconds:UInt32}, 'UTC') AS start,
            if(has({by:Array(String)}, 'channel'), channel, '') AS by_channel,
            if(has({by:Array(String)}, 'source'), source, '') AS by_source,
            currency,
            if(has({by:Array(String)}, 'declared'), declared, '') AS by_declared,
            if(has({by:Array(String)}, 'country'), country, '') AS by_country,
            if(has({by:Array(String)}, 'device'), device, '') AS by_device,
            if(has({by:Array(String)}, 'app_version'), app_version, '') AS by_app_version,
            if(has({by:Array(String)}, 'campaign'), campaign, '') AS by_campaign,
            if(has({by:Array(String)}, 'experiments'), experiments, '') AS by_experiments,
            toUnixTimestamp(stored.heard_at) AS heard_second, -- one flush has blocks some milliseconds apart
            reason,
            min(stored.heard_at) AS heard_at,
            sum(stored.numerator) AS numerator,
            sum(stored.denominator) AS denominator,
            sum(stored.n) AS n,
            sum(stored.contributions) AS contributions,
            max(stored.revised_at) AS last_revised_at,
            max(stored.watermark) AS watermark
        FROM cx_store.metric_revisions AS stored FINAL
        GROUP BY
            metric, start, by_channel, by_source, currency,
            by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments, heard_second, reason
        HAVING numerator != 0 OR denominator != 0 OR n != 0
    ) AS changed
    LEFT ANY JOIN
    (
        SELECT
            metric,
            toDateTime(intDiv(toUInt32(window), {seconds:UInt32}) * {seconds:UInt32}, 'UTC') AS start,
            if(has({by:Array(String)}, 'channel'), channel, '') AS by_channel,
            if(has({by:Array(String)}, 'source'), source, '') AS by_source,
            currency,
            if(has({by:Array(String)}, 'declared'), declared, '') AS by_declared,
            if(has({by:Array(String)}, 'country'), country, '') AS by_country,
            if(has({by:Array(String)}, 'device'), device, '') AS by_device,
            if(has({by:Array(String)}, 'app_version'), app_version, '') AS by_app_version,
            if(has({by:Array(String)}, 'campaign'), campaign, '') AS by_campaign,
            if(has({by:Array(String)}, 'experiments'), experiments, '') AS by_experiments,
            sum(stored.numerator) AS numerator,
            sum(stored.denominator) AS denominator,
            sum(stored.n) AS n
        FROM cx_store.metric_windows AS stored FINAL
        WHERE (metric, intDiv(toUInt32(window), {seconds:UInt32})) IN
            (SELECT metric, intDiv(toUInt32(window), {seconds:UInt32}) FROM cx_store.metric_revisions)
        GROUP BY
            metric, start, by_channel, by_source, currency,
            by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments
    ) AS present USING (
        metric, start, by_channel, by_source, currency,
        by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments
    )
    WINDOW
        whole AS (
            PARTITION BY
                metric, start, by_channel, by_source, currency,
                by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments
        ),
        until_now AS (
            PARTITION BY
                metric, start, by_channel, by_source, currency,
                by_declared, by_country, by_device, by_app_version, by_campaign, by_experiments
            ORDER BY heard_second ASC, heard_at ASC, reason ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
) AS told
INNER JOIN cx_store.metric_catalogue AS catalogue FINAL ON told.metric = catalogue.metric
COMMENT 'What changed windows after the watermark had passed them, for windows of any length and by any dimensions: FROM cx.revisions(seconds = 3600, by = [''channel''])';

CREATE OR REPLACE VIEW cx.metric_revisions
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    revision UInt64 COMMENT 'Number of the revision of this window, from 1',
    heard_at DateTime64(3, 'UTC') COMMENT 'When the log took the news that caused it; what it took within one second for one reason is one revision',
    revised_at DateTime64(3, 'UTC') COMMENT 'When the last actor that it concerned heard of it; seconds later it is in the tables',
    reason LowCardinality(String) COMMENT 'late_interaction, identity_linked, identity_unlinked, better_copy, limit, erased; resolved: what came in time settles an earlier case; delayed: in time, but its word from another partition came after the watermark',
    contributions UInt64 COMMENT 'Interactions that made it; of a metric that needs a history, customers',
    numerator_change Float64 COMMENT 'What it added to the numerator, in the unit of the metric; less than 0 for what it took back',
    denominator_change Nullable(Int64) COMMENT 'What it added to the denominator; NULL for a sum',
    n_change Int64 COMMENT 'What it added to the number of contributions',
    numerator_now Float64 COMMENT 'Numerator after it',
    denominator_now Nullable(Int64) COMMENT 'Denominator after it; NULL for a sum',
    n_now Int64 COMMENT 'Number of contributions after it',
    value_before Nullable(Float64) COMMENT 'Value before it, as cx.metric_windows has it; NULL for a quantile too',
    value_now Nullable(Float64) COMMENT 'Value after it',
    was_final UInt8 COMMENT '1 where the watermark had passed all that can change the window: a final value changed'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    revision,
    heard_at,
    revised_at,
    reason,
    contributions,
    numerator_change,
    denominator_change,
    n_change,
    numerator_now,
    denominator_now,
    n_now,
    value_before,
    value_now,
    was_final
FROM cx.revisions(seconds = 60, by = ['channel', 'source'])
COMMENT 'The history of each window of cx.metric_windows after the watermark had passed it: value before, value now, when and why';

CREATE OR REPLACE VIEW cx.revised_windows
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    window DateTime('UTC') COMMENT 'Start of the minute',
    channel LowCardinality(String) COMMENT 'Channel of the interaction at which it counts',
    source LowCardinality(String) COMMENT 'Source of the interaction at which it counts',
    currency LowCardinality(String) COMMENT 'Currency of a money metric; else empty',
    revisions UInt64 COMMENT 'How often it was revised',
    final_revisions UInt64 COMMENT 'How often a final value changed',
    reasons Array(LowCardinality(String)) COMMENT 'Why, each reason once',
    last_revised_at DateTime64(3, 'UTC') COMMENT 'When it was last revised',
    first_value Nullable(Float64) COMMENT 'Value before the first revision',
    value Nullable(Float64) COMMENT 'Value after the last one'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    window,
    channel,
    source,
    currency,
    count() AS revisions,
    countIf(was_final) AS final_revisions,
    arraySort(groupUniqArray(reason)) AS reasons,
    max(revised_at) AS last_revised_at,
    argMin(tuple(value_before), revision).1 AS first_value,
    argMax(tuple(value_now), revision).1 AS value
FROM cx.metric_revisions
GROUP BY metric, window, channel, source, currency
COMMENT 'Which windows were revised, how often and when last; joins with cx.metric_windows on its first five columns';
