SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf((customer, order_id) IN (SELECT customer, order_id FROM about WHERE type = 'return_received')) AS numerator,
    count() AS denominator,
    denominator AS n
FROM 
(
    SELECT customer, order_id, argMin(time, at) AS time, argMin(channel, at) AS channel, argMin(source, at) AS source
    FROM about
    WHERE type = 'shipment_status_changed' AND JSONExtractString(data, 'status') = 'delivered'
    GROUP BY customer, order_id
) AS delivered
WHERE (customer, order_id) IN (SELECT customer, order_id FROM orders)
GROUP BY window, channel, source, currency
