-- Each metric over all time, as one window that is longer than time since 1970; of money the currency of most n.
SELECT
    metric,
    currency,
    CAST(value AS Nullable(Float64)) AS value,
    CAST(low AS Nullable(Float64)) AS low,
    CAST(high AS Nullable(Float64)) AS high,
    n
FROM cx.metrics(seconds = 4000000000, by = [])
ORDER BY n DESC, currency ASC
LIMIT 1 BY metric
