SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(place > 1) AS numerator,
    count() AS denominator,
    denominator AS n
FROM (SELECT *, row_number() OVER (PARTITION BY customer ORDER BY first_at) AS place FROM orders)
GROUP BY window, channel, source, currency
