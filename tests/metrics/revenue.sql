SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    JSONExtractString(data, 'revenue', 'currency') AS currency,
    sum(JSONExtractInt(data, 'revenue', 'amount')) AS numerator,
    0 AS denominator,
    count() AS n
FROM orders
GROUP BY window, channel, source, currency
