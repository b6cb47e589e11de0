SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(JSONExtractFloat(data, 'load_ms') > 4000) AS numerator,
    count() AS denominator,
    denominator AS n
FROM archive
WHERE type = 'page_loaded'
GROUP BY window, channel, source, currency
