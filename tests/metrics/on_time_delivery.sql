SELECT
    toStartOfMinute(tupleElement(first, 1)) AS window,
    tupleElement(first, 2) AS channel,
    tupleElement(first, 3) AS source,
    '' AS currency,
    countIf(tupleElement(first, 1) <= promised_at) AS numerator,
    count() AS denominator,
    denominator AS n
FROM
(
    SELECT customer, shipment, min(deliveries.first) AS first, min(promises.promised_at) AS promised_at
    FROM
    (
        SELECT customer, shipment, order_id, argMin((time, channel, source), at) OVER (PARTITION BY customer, shipment) AS first
        FROM about
        ARRAY JOIN arrayFilter(each -> startsWith(each, 'shipment:'), identifiers) AS shipment
        WHERE type = 'shipment_status_changed' AND JSONExtractString(data, 'status') = 'delivered'
    ) AS deliveries
    INNER JOIN
    (
        SELECT customer, order_id, argMin(promised, at) AS promised_at
        FROM
        (
            SELECT
                *,
                parseDateTime64BestEffortOrNull(
                    JSONExtractString(data, if(type = 'order_completed', 'promised_delivery_at', 'promised_at')), 3, 'UTC'
                ) AS promised
            FROM about
            WHERE type IN ('order_completed', 'delivery_promised') AND promised IS NOT NULL
        )
        GROUP BY customer, order_id
    ) AS promises ON deliveries.customer = promises.customer AND deliveries.order_id = promises.order_id
    GROUP BY customer, shipment
)
GROUP BY window, channel, source, currency
