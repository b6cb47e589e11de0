SELECT
    toStartOfMinute(replied) AS window,
    tupleElement(started, 2) AS channel,
    tupleElement(started, 3) AS source,
    '' AS currency,
    sum(dateDiff('millisecond', tupleElement(started, 1), replied)) / 1000 AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT
        customer,
        thread,
        argMinIf((time, channel, source), at, starts) AS started,
        minIf(at, starts) AS started_at,
        arrayMin(arrayFilter(each -> each > started_at, groupArrayIf(at, replies))) AS replied_at,
        tupleElement(replied_at, 1) AS replied
    FROM
    (
        SELECT
            *,
            type = 'ticket_created' OR (type = 'message_sent' AND JSONExtractString(data, 'author') = 'customer') AS starts,
            type IN ('message_sent', 'ticket_comment_added') AND JSONExtractString(data, 'author') = 'agent' AS replies
        FROM steps
        WHERE type IN ('ticket_created', 'message_sent', 'ticket_comment_added')
    )
    ARRAY JOIN arrayFilter(
        each -> startsWith(each, if(type = 'message_sent', 'conversation:', 'ticket:')), identifiers
    ) AS thread
    GROUP BY customer, thread
    HAVING max(starts) AND arrayExists(each -> each > started_at, groupArrayIf(at, replies))
)
GROUP BY window, channel, source, currency
