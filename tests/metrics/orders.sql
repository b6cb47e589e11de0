SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    count() AS numerator,
    0 AS denominator,
    count() AS n
FROM orders
GROUP BY window, channel, source, currency
