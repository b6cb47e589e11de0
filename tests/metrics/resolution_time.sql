SELECT
    toStartOfMinute(solved) AS window,
    tupleElement(created, 2) AS channel,
    tupleElement(created, 3) AS source,
    '' AS currency,
    sum(dateDiff('millisecond', tupleElement(created, 1), solved)) / 1000 AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT
        customer,
        ticket,
        argMinIf((time, channel, source), at, type = 'ticket_created') AS created,
        maxIf(time, type = 'ticket_solved') AS solved
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'ticket:'), identifiers) AS ticket
    GROUP BY customer, ticket
    HAVING max(type = 'ticket_created') AND max(type = 'ticket_solved')
)
GROUP BY window, channel, source, currency
