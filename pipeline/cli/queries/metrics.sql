-- One metric, or all, in windows of a stretch. Numbers are cast, since the view mixes Int64 and Float64.
SELECT
    shown.metric AS metric,
    toDateTime64(shown.window, 0, 'UTC') AS window,
    shown.channel AS channel,
    shown.source AS source,
    shown.currency AS currency,
    shown.declared AS declared,
    shown.country AS country,
    shown.device AS device,
    shown.app_version AS app_version,
    shown.campaign AS campaign,
    shown.experiments AS experiments,
    CAST(shown.numerator AS Float64) AS numerator,
    CAST(shown.denominator AS Nullable(Int64)) AS denominator,
    CAST(shown.value AS Nullable(Float64)) AS value,
    CAST(shown.low AS Nullable(Float64)) AS low,
    CAST(shown.high AS Nullable(Float64)) AS high,
    shown.n AS n,
    CAST(shown.p50 AS Nullable(Float64)) AS p50,
    CAST(shown.p75 AS Nullable(Float64)) AS p75,
    CAST(shown.p90 AS Nullable(Float64)) AS p90,
    shown.is_final AS is_final,
    shown.watermark AS watermark
FROM cx.metrics(seconds = {seconds:UInt32}, by = {by:Array(String)}) AS shown
WHERE
    (shown.metric = {metric:String} OR {metric:String} = '')
    AND shown.window >= toDateTime({first:UInt32}, 'UTC')
    AND shown.window < toDateTime({end:UInt32}, 'UTC')
ORDER BY
    metric ASC, window ASC, channel ASC, source ASC, currency ASC, declared ASC,
    country ASC, device ASC, app_version ASC, campaign ASC, experiments ASC
