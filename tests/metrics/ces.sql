SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    sum(score) AS numerator,
    count() AS denominator,
    denominator AS n
FROM answers
WHERE kind = 'ces'
GROUP BY window, channel, source, currency
