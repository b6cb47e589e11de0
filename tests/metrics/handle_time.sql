SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    sum(JSONExtractFloat(data, 'talk_s') + JSONExtractFloat(data, 'hold_s') + JSONExtractFloat(data, 'after_call_s')) AS numerator,
    count() AS denominator,
    denominator AS n
FROM archive
WHERE type = 'contact_completed'
GROUP BY window, channel, source, currency
