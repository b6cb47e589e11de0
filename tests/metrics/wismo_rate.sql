SELECT
    window,
    channel,
    source,
    '' AS currency,
    sum(asked) AS numerator,
    sum(sent) AS denominator,
    denominator AS n
FROM
(
    SELECT toStartOfMinute(time) AS window, channel, source, 1 AS asked, 0 AS sent
    FROM contacts
    WHERE reason_code IN ('wismo', 'where_is_my_order')
    UNION ALL
    SELECT toStartOfMinute(tupleElement(first, 1)) AS window, tupleElement(first, 2) AS channel, tupleElement(first, 3) AS source, 0 AS asked, 1 AS sent
    FROM
    (
        SELECT customer, shipment, argMin((time, channel, source), at) AS first
        FROM steps
        ARRAY JOIN arrayFilter(each -> startsWith(each, 'shipment:'), identifiers) AS shipment
        WHERE type = 'shipment_status_changed'
        GROUP BY customer, shipment
    )
)
GROUP BY window, channel, source, currency
