SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(type = 'payment_failed') AS numerator,
    count() AS denominator,
    denominator AS n
FROM archive
WHERE type IN ('payment_failed', 'payment_succeeded')
GROUP BY window, channel, source, currency
