SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf((customer, order_id) IN (SELECT contacts.customer, one FROM contacts ARRAY JOIN contacts.order_ids AS one)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM orders
GROUP BY window, channel, source, currency
