SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(JSONExtractFloat(data, 'results_count') = 0) AS numerator,
    count() AS denominator,
    denominator AS n
FROM archive
WHERE type = 'products_searched'
GROUP BY window, channel, source, currency
