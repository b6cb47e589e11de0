SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(score >= high - if(high - low + 1 < 4, 0, 1)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM answers
WHERE kind = 'csat'
GROUP BY window, channel, source, currency
