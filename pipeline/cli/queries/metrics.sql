-- The latest windows of each metric, or of one. Numbers are cast, since the view mixes Int64 and Float64.
SELECT
    metric,
    toDateTime64(window, 0, 'UTC') AS started,
    channel,
    source,
    currency,
    CAST(numerator AS Float64) AS numerator,
    CAST(denominator AS Nullable(Int64)) AS denominator,
    n,
    CAST(value AS Nullable(Float64)) AS value,
    is_final
FROM cx.metrics(seconds = {seconds:UInt32}, by = ['channel', 'source'])
WHERE metric = {metric:String} OR {metric:String} = ''
ORDER BY metric ASC, started DESC, channel ASC, source ASC, currency ASC
LIMIT {last:UInt32} BY metric
