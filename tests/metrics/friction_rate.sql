SELECT
    window,
    channel,
    source,
    '' AS currency,
    sum(bad) AS numerator,
    sum(session) AS denominator,
    denominator AS n
FROM
(
    SELECT toStartOfMinute(time) AS window, channel, source, 1 AS bad, 0 AS session
    FROM cx_store.frictions FINAL -- the view hides absences until the watermark has passed them
    UNION ALL
    SELECT toStartOfMinute(started) AS window, channel, source, 0 AS bad, 1 AS session
    FROM sessions
)
GROUP BY window, channel, source, currency
