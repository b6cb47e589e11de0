SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(type = 'error_shown') AS numerator,
    countIf(type != 'error_shown') AS denominator,
    denominator AS n
FROM archive
WHERE type IN ('error_shown', 'page_viewed', 'screen_viewed')
GROUP BY window, channel, source, currency
