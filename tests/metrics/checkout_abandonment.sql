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
    SELECT customer, cart, argMin(time, at) AS time, argMin(channel, at) AS channel, argMin(source, at) AS source
    FROM steps
    ARRAY JOIN arrayFilter(each -> startsWith(each, 'cart:'), identifiers) AS cart
    WHERE type = 'checkout_started'
    GROUP BY customer, cart
) AS cases
LEFT JOIN order_times ON cases.customer = order_times.customer
GROUP BY window, channel, source, currency
