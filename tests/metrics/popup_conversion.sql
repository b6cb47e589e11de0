SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(type = 'popup_clicked') AS numerator,
    countIf(type = 'popup_shown') AS denominator,
    denominator AS n
FROM archive
WHERE type IN ('popup_clicked', 'popup_shown')
GROUP BY window, channel, source, currency
