SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf((customer, order_id) IN (SELECT customer, order_id FROM about WHERE type = 'item_out_of_stock')) AS numerator,
    count() AS denominator,
    denominator AS n
FROM orders
GROUP BY window, channel, source, currency
