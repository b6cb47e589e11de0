CREATE OR REPLACE VIEW cx.customer_value
(
    customer String COMMENT 'The resolved person',
    currency LowCardinality(String) COMMENT 'Currency of the orders that are counted here',
    first_order_at DateTime64(3, 'UTC') COMMENT 'Time of the first order in this currency',
    last_order_at DateTime64(3, 'UTC') COMMENT 'Time of the last order in this currency',
    days_since_last_order Nullable(Float64) COMMENT 'From the last order to the watermark; NULL where the watermark is not there yet',
    orders UInt64 COMMENT 'Orders, cancelled and refunded ones too',
    revenue Int64 COMMENT 'Revenue of the orders in minor units, before refunds',
    orders_kept UInt64 COMMENT 'Orders that were neither cancelled nor refunded',
    revenue_kept Int64 COMMENT 'Revenue of those in minor units',
    average_order_value Float64 COMMENT 'revenue / orders, minor units',
    first_journey_id String COMMENT 'Journey of the first order in this currency',
    first_frictions UInt32 COMMENT 'Bad experiences in that journey',
    later_orders UInt64 COMMENT 'Orders after the first',
    later_revenue Int64 COMMENT 'Revenue of the orders after the first in minor units, before refunds',
    frictions UInt64 COMMENT 'Bad experiences in the journeys of the orders',
    contacts UInt64 COMMENT 'Contacts that started in the journeys of the orders'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH (SELECT watermark FROM cx.watermark) AS watermark
SELECT
    customer,
    currency,
    min(bought.purchased_at) AS first_order_at,
    max(bought.purchased_at) AS last_order_at,
    if(watermark < last_order_at, NULL, dateDiff('second', last_order_at, watermark) / 86400) AS days_since_last_order,
    count() AS orders,
    sum(bought.value) AS revenue,
    countIf(outcome = 'purchased') AS orders_kept,
    sumIf(bought.value, outcome = 'purchased') AS revenue_kept,
    revenue / orders AS average_order_value,
    argMin(journey_id, (bought.purchased_at, journey_id)) AS first_journey_id,
    argMin(bought.frictions, (bought.purchased_at, journey_id)) AS first_frictions,
    orders - 1 AS later_orders,
    revenue - argMin(bought.value, (bought.purchased_at, journey_id)) AS later_revenue,
    sum(bought.frictions) AS frictions,
    sum(bought.contacts) AS contacts
FROM
(
    SELECT
        customer,
        journey_id,
        currency,
        assumeNotNull(purchased_at) AS purchased_at,
        ifNull(value, 0) AS value,
        outcome,
        frictions,
        contacts
    FROM cx.journeys
    WHERE order_id != ''
) AS bought
GROUP BY customer, currency
COMMENT 'What has each customer been worth so far? One row for each customer and currency, only of customers with an order; what was, not a forecast; filter by customer or currency';

CREATE OR REPLACE VIEW cx.repeat_purchase
(
    day Date COMMENT 'Day of the orders, UTC',
    orders UInt64 COMMENT 'Orders, cancelled and refunded ones too: denominator of repeat_order_share',
    repeat_orders UInt64 COMMENT 'Orders of customers with an earlier one: numerator of repeat_order_share',
    repeat_order_share Float64 COMMENT 'repeat_orders / orders',
    repeat_order_share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    repeat_order_share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    new_customers UInt64 COMMENT 'Customers whose first order was on this day: denominator of repeated_share',
    repeated UInt64 COMMENT 'Those of them that have ordered again by now: numerator of repeated_share',
    repeated_share Nullable(Float64) COMMENT 'repeated / new_customers; NULL without new customers. Younger days have had less time',
    repeated_share_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (Wilson)',
    repeated_share_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (Wilson)',
    median_days_to_second Nullable(Float64) COMMENT 'Median days from the first to the second order of those that ordered again; NULL where none did'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half
SELECT
    toDate(bought[number]) AS day,
    count() AS orders,
    countIf(number > 1) AS repeat_orders,
    repeat_orders / orders AS repeat_order_share,
    middle(repeat_orders, orders) - half(repeat_orders, orders) AS repeat_order_share_low,
    middle(repeat_orders, orders) + half(repeat_orders, orders) AS repeat_order_share_high,
    countIf(number = 1) AS new_customers,
    countIf(number = 1 AND length(bought) > 1) AS repeated,
    repeated / nullIf(new_customers, 0) AS repeated_share,
    middle(repeated, nullIf(new_customers, 0)) - half(repeated, nullIf(new_customers, 0)) AS repeated_share_low,
    middle(repeated, nullIf(new_customers, 0)) + half(repeated, nullIf(new_customers, 0)) AS repeated_share_high,
    quantileExactInclusiveOrNull(0.5)(
        if(number = 1 AND length(bought) > 1, dateDiff('second', bought[1], bought[2]) / 86400, NULL)
    ) AS median_days_to_second
FROM
(
    SELECT arraySort(groupArray(assumeNotNull(purchased_at))) AS bought
    FROM cx.journeys
    WHERE order_id != ''
    GROUP BY customer
) AS customers
ARRAY JOIN arrayEnumerate(bought) AS number
GROUP BY day
COMMENT 'Who buys again, and how soon? One row for each day with orders; filter by day, add up the counts over days';
