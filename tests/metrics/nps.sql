SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    100 * (countIf(score >= 9) - countIf(score <= 6)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM answers
WHERE kind = 'nps'
GROUP BY window, channel, source, currency
