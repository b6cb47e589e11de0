SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf((customer, survey) IN (SELECT customer, survey FROM answers)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT customer, survey, argMin(time, at) AS time, argMin(channel, at) AS channel, argMin(source, at) AS source
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'survey:'), identifiers) AS survey
    WHERE type = 'survey_shown'
    GROUP BY customer, survey
)
GROUP BY window, channel, source, currency
