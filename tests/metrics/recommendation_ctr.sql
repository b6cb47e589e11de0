SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(type = 'recommendation_clicked') AS numerator,
    countIf(type = 'recommendation_viewed') AS denominator,
    denominator AS n
FROM archive
WHERE type IN ('recommendation_clicked', 'recommendation_viewed')
GROUP BY window, channel, source, currency
