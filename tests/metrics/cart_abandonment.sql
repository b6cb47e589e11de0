SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(NOT arrayExists(each -> dateDiff('millisecond', time, each) BETWEEN 0 AND 86400000, times)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM 
(
    SELECT customer, cart, argMax(time, at) AS time, argMax(channel, at) AS channel, argMax(source, at) AS source
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'cart:'), identifiers) AS cart
    WHERE type = 'product_added'
    GROUP BY customer, cart
) AS cases
LEFT JOIN order_times ON cases.customer = order_times.customer
GROUP BY window, channel, source, currency
