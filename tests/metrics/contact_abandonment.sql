SELECT
    toStartOfMinute(tupleElement(queued, 1)) AS window,
    tupleElement(queued, 2) AS channel,
    tupleElement(queued, 3) AS source,
    '' AS currency,
    countIf(gone AND NOT answered) AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT
        customer,
        contact,
        argMinIf((time, channel, source), at, type = 'contact_queued') AS queued,
        max(type = 'contact_disconnected') AS gone,
        max(type = 'contact_connected_to_agent') AS answered
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'contact:'), identifiers) AS contact
    GROUP BY customer, contact
    HAVING max(type = 'contact_queued')
)
GROUP BY window, channel, source, currency
