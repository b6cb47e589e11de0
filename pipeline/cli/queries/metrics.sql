-- The latest windows of each metric, or of one.
SELECT
    metric,
    window,
    channel,
    source,
    currency,
    numerator,
    denominator,
    n,
    value,
    is_final
FROM cx.metrics_every(seconds = {seconds:UInt32})
WHERE metric = {metric:String} OR {metric:String} = ''
ORDER BY metric ASC, window DESC, channel ASC, source ASC, currency ASC
LIMIT {last:UInt32} BY metric
