-- The newest window that is final, and the newest that is not, of some metrics by each combination of dimensions; none
-- that began longer than so many seconds before the watermark. Numbers are cast, since the view mixes types.
SELECT
    metric,
    channel,
    currency,
    is_final,
    toUInt32(window) AS started,
    CAST(value AS Nullable(Float64)) AS shown,
    n
FROM cx.metrics(seconds = {seconds:UInt32}, by = {by:Array(String)})
WHERE
    metric IN {metrics:Array(String)}
    AND window <= now() -- not deadlines that are still ahead, which friction_rate counts
    AND window >= (SELECT toDateTime(past.watermark, 'UTC') FROM cx.watermark AS past) - toIntervalSecond({back:UInt32})
ORDER BY window DESC
LIMIT 1 BY metric, channel, currency, is_final
