CREATE OR REPLACE VIEW cx.return_on_cx
(
    split LowCardinality(String) COMMENT 'frictions (bad experiences in the journey of the first order) or satisfaction (last answer in that journey). Filter by one, they hold the same customers',
    experience LowCardinality(String) COMMENT 'Of frictions 0, 1, 2 or 3+; of satisfaction satisfied, neither, dissatisfied or no answer',
    currency LowCardinality(String) COMMENT 'Currency of all money in the row',
    reference LowCardinality(String) COMMENT 'Experience that the others are compared with: 0, or satisfied',
    customers UInt64 COMMENT 'Customers with a first order in this currency: denominator',
    orders UInt64 COMMENT 'Their orders in this currency',
    revenue Int64 COMMENT 'Revenue of these orders in minor units, the first ones too, before refunds',
    revenue_per_customer Float64 COMMENT 'revenue / customers, minor units',
    repeated UInt64 COMMENT 'Customers with a second order in this currency: numerator of repeated_share',
    repeated_share Float64 COMMENT 'repeated / customers',
    repeated_share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    repeated_share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    later_revenue Int64 COMMENT 'Revenue after the first order in minor units: what the experience could still change',
    later_per_customer Float64 COMMENT 'later_revenue / customers, minor units',
    later_per_customer_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (normal); NULL with fewer than 2 customers',
    later_per_customer_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (normal)',
    difference Nullable(Float64) COMMENT 'later_per_customer minus that of the reference; NULL for the reference itself',
    difference_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (Welch); NULL with fewer than 2 customers',
    difference_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (Welch)'
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
    split,
    experience,
    currency,
    if(split = 'frictions', '0', 'satisfied') AS reference,
    customers,
    orders,
    revenue,
    revenue / customers AS revenue_per_customer,
    repeated,
    repeated / customers AS repeated_share,
    middle(repeated, customers) - half(repeated, customers) AS repeated_share_low,
    middle(repeated, customers) + half(repeated, customers) AS repeated_share_high,
    later_revenue,
    later_revenue / customers AS later_per_customer,
    later_per_customer - z * sqrt(squared) AS later_per_customer_low,
    later_per_customer + z * sqrt(squared) AS later_per_customer_high,
    if(experience = reference, NULL, later_per_customer - base.1) AS difference,
    -- Welch, The generalization of Student's problem, Biometrika 34, 1947
    difference - student(freedom) * sqrt(squared + base.2) AS difference_low,
    difference + student(freedom) * sqrt(squared + base.2) AS difference_high
FROM
(
    SELECT
        *,
        anyIf(
            (later_revenue / customers, squared, toNullable(customers)), experience IN ('0', 'satisfied')
        ) OVER (PARTITION BY split, currency) AS base,
        -- Degrees of freedom: Welch and Satterthwaite; NULL where neither group varies
        pow(squared + base.2, 2) / nullIf(
            pow(squared, 2) / nullIf(toInt64(customers) - 1, 0) + pow(base.2, 2) / nullIf(toInt64(base.3) - 1, 0), 0
        ) AS freedom
    FROM
    (
        SELECT
            by.1 AS split,
            by.2 AS experience,
            currency,
            count() AS customers,
            sum(value.orders) AS orders,
            sum(value.revenue) AS revenue,
            countIf(value.later_orders > 0) AS repeated,
            sum(value.later_revenue) AS later_revenue,
            -- Square of the standard error of the mean
            if(customers < 2, NULL, varSamp(value.later_revenue) / customers) AS squared
        FROM cx.customer_value AS value
        LEFT JOIN
        (
            SELECT
                journey_id,
                argMax((satisfied, dissatisfied), (answers.time, survey_id)) AS last
            FROM cx.survey_answers AS answers
            WHERE journey_id != ''
            GROUP BY journey_id
        ) AS answered ON value.first_journey_id = answered.journey_id
        ARRAY JOIN [
            ('frictions', if(first_frictions >= 3, '3+', toString(first_frictions))),
            ('satisfaction', multiIf(
                answered.journey_id = '', 'no answer', last.1 = 1, 'satisfied', last.2 = 1, 'dissatisfied', 'neither'
            ))
        ] AS by
        GROUP BY split, experience, currency
    ) AS grouped
) AS compared
COMMENT 'What is a good first experience worth? One row for each split, experience and currency; filter by split and currency';
