CREATE OR REPLACE VIEW cx.loyalty_members
(
    customer String COMMENT 'The resolved person',
    program_id String COMMENT 'The programme; empty where the source names none',
    member_since DateTime64(3, 'UTC') COMMENT 'First sign of membership: enrolment, points or a tier',
    enrolled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the enrolment; NULL where it was before the data or not told',
    tier LowCardinality(String) COMMENT 'Tier as of the last change; empty where none was told',
    tier_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of that change; NULL where none was told',
    tier_changes UInt64 COMMENT 'Number of changes of tier',
    points_earned Int64 COMMENT 'Points credited',
    points_redeemed Int64 COMMENT 'Points spent',
    points_balance Int64 COMMENT 'Credited minus spent, as far as told'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    JSONExtractString(data, 'program_id') AS program_id,
    min(contents.time) AS member_since,
    minIfOrNull(contents.time, type = 'loyalty_enrolled') AS enrolled_at,
    argMaxIf(JSONExtractString(data, 'tier'), (contents.time, source, id), type = 'tier_changed') AS tier,
    maxIfOrNull(contents.time, type = 'tier_changed') AS tier_since,
    countIf(type = 'tier_changed') AS tier_changes,
    sumIf(JSONExtractInt(data, 'points'), type = 'points_earned') AS points_earned,
    sumIf(JSONExtractInt(data, 'points'), type = 'points_redeemed') AS points_redeemed,
    points_earned - points_redeemed AS points_balance
FROM cx.touchpoint_contents AS contents
WHERE type IN ('loyalty_enrolled', 'points_earned', 'points_redeemed', 'tier_changed')
GROUP BY customer, program_id
COMMENT 'Who is in a loyalty programme, and how far? One row for each customer and programme';

CREATE OR REPLACE VIEW cx.loyalty
(
    tier LowCardinality(String) COMMENT 'Tier of members, no tier for members without one, not a member for all others',
    currency LowCardinality(String) COMMENT 'Currency of all money in the row',
    is_member UInt8 COMMENT '1 for members of any programme',
    customers UInt64 COMMENT 'Customers with an order in this currency: denominator',
    orders UInt64 COMMENT 'Their orders in this currency',
    revenue Int64 COMMENT 'Revenue of these orders in minor units, before refunds',
    revenue_per_customer Float64 COMMENT 'revenue / customers, minor units',
    revenue_per_customer_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (normal); NULL with fewer than 2 customers',
    revenue_per_customer_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (normal)',
    difference Nullable(Float64) COMMENT 'revenue_per_customer minus that of those who are not members; NULL for these themselves',
    difference_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (Welch); NULL with fewer than 2 customers',
    difference_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (Welch)',
    repeated UInt64 COMMENT 'Customers with a second order in this currency: numerator of repeated_share',
    repeated_share Float64 COMMENT 'repeated / customers',
    repeated_share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    repeated_share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    1.959963984540054 AS z,
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half,
    -- Student's t at 97.5 % from the normal quantile: Abramowitz and Stegun, Handbook, 26.7.5
    (v) -> z + (pow(z, 3) + z) / (4 * v) + (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v)
        + (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * pow(v, 3)) AS student
SELECT
    tier,
    currency,
    tier != 'not a member' AS is_member,
    customers,
    orders,
    revenue,
    revenue / customers AS revenue_per_customer,
    revenue_per_customer - z * sqrt(squared) AS revenue_per_customer_low,
    revenue_per_customer + z * sqrt(squared) AS revenue_per_customer_high,
    if(is_member = 0, NULL, revenue_per_customer - base.1) AS difference,
    -- Welch, The generalization of Student's problem, Biometrika 34, 1947
    difference - student(freedom) * sqrt(squared + base.2) AS difference_low,
    difference + student(freedom) * sqrt(squared + base.2) AS difference_high,
    repeated,
    repeated / customers AS repeated_share,
    middle(repeated, customers) - half(repeated, customers) AS repeated_share_low,
    middle(repeated, customers) + half(repeated, customers) AS repeated_share_high
FROM
(
    SELECT
        *,
        anyIf((toNullable(revenue / customers), squared, toNullable(customers)), tier = 'not a member') OVER (
            PARTITION BY currency
        ) AS base,
        -- Degrees of freedom: Welch and Satterthwaite; NULL where neither group varies
        pow(squared + base.2, 2) / nullIf(
            pow(squared, 2) / nullIf(toInt64(customers) - 1, 0) + pow(base.2, 2) / nullIf(toInt64(base.3) - 1, 0), 0
        ) AS freedom
    FROM
    (
        SELECT
            multiIf(members.customer = '', 'not a member', members.tier = '', 'no tier', members.tier) AS tier,
            currency,
            count() AS customers,
            sum(value.orders) AS orders,
            sum(value.revenue) AS revenue,
            countIf(value.later_orders > 0) AS repeated,
            -- Square of the standard error of the mean
            if(customers < 2, NULL, varSamp(value.revenue) / customers) AS squared
        FROM cx.customer_value AS value
        LEFT JOIN
        (
            -- In several programmes: the tier that changed last
            SELECT customer, argMax(tier, (ifNull(tier_since, toDateTime64(0, 3, 'UTC')), program_id)) AS tier
            FROM cx.loyalty_members
            GROUP BY customer
        ) AS members ON value.customer = members.customer
        GROUP BY tier, currency
    ) AS grouped
) AS compared
COMMENT 'Are members of the loyalty programme worth more than others? One row for each tier and currency; filter by currency';
