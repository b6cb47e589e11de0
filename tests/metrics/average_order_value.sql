SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    JSONExtractString(data, 'revenue', 'currency') AS currency,
    sum(JSONExtractInt(data, 'revenue', 'amount')) AS numerator,
    count() AS denominator,
    denominator AS n
FROM orders
GROUP BY window, channel, source, currency
