SELECT
    toStartOfMinute(tupleElement(solved, 1)) AS window,
    tupleElement(solved, 2) AS channel,
    tupleElement(solved, 3) AS source,
    '' AS currency,
    countIf(
        NOT reopened
        AND NOT arrayExists(
            each -> dateDiff('millisecond', tupleElement(solved, 1), each.2) > 0
            AND dateDiff('millisecond', tupleElement(solved, 1), each.2) <= 7 * 86400000
            AND hasAny(each.3, ticket_matters),
            starts
        )
    ) AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT
        tickets.customer AS customer,
        ticket,
        argMinIf((time, channel, source), at, type = 'ticket_solved') AS solved,
        max(type = 'ticket_reopened') AS reopened,
        argMinIf(JSONExtractString(data, 'reason_code'), at, type = 'ticket_created') AS reason_code,
        any(belongings.order_of)[ticket] AS bound,
        arrayDistinct(
            arrayFilter(
                each -> each != '',
                arrayConcat(
                    [if(reason_code = '', '', concat('reason:', reason_code)), bound],
                    arrayFlatten(groupArrayIf(arrayFilter(each -> startsWith(each, 'order:'), identifiers), type = 'ticket_created'))
                )
            )
        ) AS ticket_matters
    FROM
    (
        SELECT *, ticket
        FROM steps
        ARRAY JOIN arrayFilter(each -> startsWith(each, 'ticket:'), identifiers) AS ticket
    ) AS tickets
    LEFT JOIN belongings ON tickets.customer = belongings.customer
    GROUP BY customer, ticket
    HAVING max(type = 'ticket_solved')
) AS cases
LEFT JOIN contacts_of ON cases.customer = contacts_of.customer
GROUP BY window, channel, source, currency
