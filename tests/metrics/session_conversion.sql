SELECT
    toStartOfMinute(started) AS window,
    channel,
    source,
    '' AS currency,
    countIf(arrayExists(each -> each BETWEEN started AND ended, times)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM sessions LEFT JOIN order_times ON sessions.customer = order_times.customer
GROUP BY window, channel, source, currency
