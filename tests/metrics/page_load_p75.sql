SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    sum(round(JSONExtractFloat(data, 'load_ms'))) AS numerator,
    count() AS denominator,
    denominator AS n
FROM archive
WHERE type = 'page_loaded'
GROUP BY window, channel, source, currency
