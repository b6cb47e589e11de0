CREATE OR REPLACE VIEW cx.experiment_exposures
(
    experiment_id String COMMENT 'The experiment',
    customer String COMMENT 'The resolved person',
    variation_id String COMMENT 'The first variation that the customer saw',
    exposed_at DateTime64(3, 'UTC') COMMENT 'When the customer first saw a variation',
    last_exposed_at DateTime64(3, 'UTC') COMMENT 'When the customer last saw one',
    variations UInt64 COMMENT 'Different variations that the customer saw; more than 1 is left out of cx.experiments',
    sessions UInt64 COMMENT 'Sessions in which the customer saw one',
    ordered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First order after exposed_at in one of these sessions; NULL for none',
    value Nullable(Int64) COMMENT 'Revenue of that order in minor units',
    currency LowCardinality(String) COMMENT 'Currency of that order; empty without one',
    satisfied Nullable(UInt8) COMMENT 'First answer after exposed_at in a journey in which the customer saw a variation: 1 satisfied, 0 not; NULL for none'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    exposures.experiment_id AS experiment_id,
    exposures.customer AS customer,
    variation_id,
    exposed_at,
    last_exposed_at,
    variations,
    length(session_ids) AS sessions,
    arrayFirstIndex(each -> each.1 >= exposed_at AND has(session_ids, each.2), orders.bought) AS first_order,
    if(first_order = 0, NULL, orders.bought[first_order].1) AS ordered_at,
    if(first_order = 0, NULL, orders.bought[first_order].3) AS value,
    orders.bought[first_order].4 AS currency,
    arrayFirstIndex(each -> each.1 >= exposed_at AND has(journey_ids, each.2), answers.given) AS first_answer,
    if(first_answer = 0, NULL, answers.given[first_answer].3) AS satisfied
FROM
(
    SELECT
        JSONExtractString(data, 'experiment_id') AS experiment_id,
        customer,
        argMin(JSONExtractString(data, 'variation_id'), (contents.time, source, id)) AS variation_id,
        min(contents.time) AS exposed_at,
        max(contents.time) AS last_exposed_at,
        uniqExact(JSONExtractString(data, 'variation_id')) AS variations,
        groupUniqArrayIf(session_id, session_id != '') AS session_ids,
        groupUniqArrayIf(journey_id, journey_id != '') AS journey_ids
    FROM cx.touchpoint_contents AS contents
    WHERE type = 'experiment_viewed'
    GROUP BY experiment_id, customer
) AS exposures
LEFT JOIN
(
    SELECT
        customer,
        arraySort(groupArray((orders.purchased_at, session_id, value, currency))) AS bought
    FROM cx.orders AS orders
    WHERE session_id != ''
    GROUP BY customer
) AS orders ON exposures.customer = orders.customer
LEFT JOIN
(
    SELECT
        customer,
        arraySort(groupArray((answers.time, journey_id, satisfied))) AS given
    FROM cx.survey_answers AS answers
    WHERE journey_id != ''
    GROUP BY customer
) AS answers ON exposures.customer = answers.customer
COMMENT 'Who saw which variation of an experiment first, and what did they do then? One row for each experiment and customer';

CREATE OR REPLACE VIEW cx.experiments
(
    experiment_id String COMMENT 'The experiment',
    measure LowCardinality(String) COMMENT 'conversion (share of the customers who ordered in a session in which they saw it), order_value (mean of these orders, minor units) or satisfaction (share of the answers in these journeys that are satisfied)',
    currency LowCardinality(String) COMMENT 'Currency of order_value; else empty',
    variation_id String COMMENT 'The variation that the customers saw first and only',
    baseline String COMMENT 'Variation that the others are compared with: the first by name',
    customers UInt64 COMMENT 'Customers who saw this variation and no other',
    mixed UInt64 COMMENT 'Customers of the experiment who saw more than one variation: left out everywhere',
    n UInt64 COMMENT 'Denominator: customers of conversion, first orders of order_value, first answers of satisfaction; one for each customer',
    total Float64 COMMENT 'Numerator: customers who ordered, sum of order values, satisfied answers',
    value Nullable(Float64) COMMENT 'total / n; NULL where n is 0',
    low Nullable(Float64) COMMENT 'Lower end of its 95 % interval: Wilson for a share, normal for a mean (n of 2 or more)',
    high Nullable(Float64) COMMENT 'Upper end of that interval',
    difference Nullable(Float64) COMMENT 'value minus that of the baseline; NULL for the baseline itself',
    difference_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval: Newcombe for shares, Welch for means',
    difference_high Nullable(Float64) COMMENT 'Upper end of that interval; where it holds 0 the data do not tell the variations apart',
    expected_customers Float64 COMMENT 'Customers if the experiment split them equally among the variations that were seen',
    sample_ratio_p_value Nullable(Float64) COMMENT 'Chance of so uneven a split or more by luck (chi-square); below 0.001 trust no result. The same in all rows of an experiment'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    1.959963984540054 AS z,
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half,
    -- Student's t at 97.5 % from the normal quantile: Abramowitz and Stegun, Handbook, 26.7.5
    (v) -> z + (pow(z, 3) + z) / (4 * v) + (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v)
        + (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * pow(v, 3)) AS student,
    -- Upper tail of chi-square with v degrees of freedom, exact: Abramowitz and Stegun, 26.4.4 and 26.4.5
    (x, v) -> if(
        v % 2 = 0,
        exp(-x / 2) * arraySum(i -> pow(x / 2, i) / tgamma(i + 1), range(toUInt32(intDiv(v, 2)))),
        erfc(sqrt(x / 2))
        + exp(-x / 2) * arraySum(i -> pow(x / 2, i + 0.5) / tgamma(i + 1.5), range(toUInt32(intDiv(v, 2))))
    ) AS chi_square_tail
SELECT
    experiment_id,
    measure,
    currency,
    variation_id,
    baseline,
    customers,
    mixed,
    n,
    total,
    value,
    low,
    high,
    if(variation_id = baseline, NULL, value - base.1) AS difference,
    multiIf(
        variation_id = baseline, NULL,
        -- Welch, The generalization of Student's problem, Biometrika 34, 1947
        measure = 'order_value', difference - student(freedom) * sqrt(squared + base.4),
        -- Newcombe, Interval estimation for the difference between independent proportions, method 10, Statistics in
        -- Medicine 17, 1998
        difference - sqrt(pow(value - low, 2) + pow(base.3 - base.1, 2))
    ) AS difference_low,
    multiIf(
        variation_id = baseline, NULL,
        measure = 'order_value', difference + student(freedom) * sqrt(squared + base.4),
        difference + sqrt(pow(high - value, 2) + pow(base.1 - base.2, 2))
    ) AS difference_high,
    expected_customers,
    sample_ratio_p_value
FROM
(
    SELECT
        *,
        anyIf((value, low, high, squared, n), variation_id = baseline) OVER (
            PARTITION BY experiment_id, measure, currency
        ) AS base,
        -- Degrees of freedom: Welch and Satterthwaite; NULL where neither group varies
        pow(squared + base.4, 2) / nullIf(
            pow(squared, 2) / nullIf(toInt64(n) - 1, 0) + pow(base.4, 2) / nullIf(toInt64(base.5) - 1, 0), 0
        ) AS freedom
    FROM
    (
        SELECT
            seen.experiment_id AS experiment_id,
            seen.measure AS measure,
            seen.currency AS currency,
            seen.variation_id AS variation_id,
            seen.n AS n,
            seen.total AS total,
            seen.squared AS squared,
            seen.total / nullIf(seen.n, 0) AS value,
            if(
                measure = 'order_value', value - z * sqrt(squared), middle(total, n) - half(total, n)
            ) AS low,
            if(
                measure = 'order_value', value + z * sqrt(squared), middle(total, n) + half(total, n)
            ) AS high,
            arraySort(
                groupArrayIf((variation_id, n), measure = 'conversion') OVER (PARTITION BY experiment_id)
            ) AS split,
            split[1].1 AS baseline,
            arrayFirst(each -> each.1 = variation_id, split).2 AS customers,
            sumIf(n, measure = 'mixed') OVER (PARTITION BY experiment_id) AS mixed,
            arraySum(each -> each.2, split) / length(split) AS expected_customers,
            arraySum(each -> pow(each.2 - expected_customers, 2) / expected_customers, split) AS chi_square,
            if(length(split) < 2, NULL, chi_square_tail(chi_square, length(split) - 1)) AS sample_ratio_p_value
        FROM
        (
            SELECT
                experiment_id,
                variation_id,
                observed.1 AS measure,
                observed.2 AS currency,
                count() AS n,
                sum(observed.3) AS total,
                -- Square of the standard error of a mean
                if(n < 2, NULL, varSamp(observed.3) / n) AS squared
            FROM cx.experiment_exposures AS exposures
            ARRAY JOIN arrayFilter(each -> each.4, [
                ('mixed', '', toFloat64(0), variations > 1),
                ('conversion', '', toFloat64(ordered_at IS NOT NULL), variations = 1),
                (
                    'order_value', toString(exposures.currency), toFloat64(ifNull(exposures.value, 0)),
                    variations = 1 AND ordered_at IS NOT NULL
                ),
                ('satisfaction', '', toFloat64(ifNull(satisfied, 0)), variations = 1 AND satisfied IS NOT NULL)
            ]) AS observed
            GROUP BY experiment_id, variation_id, measure, currency
        ) AS seen
    ) AS measured
) AS compared
WHERE measure != 'mixed'
COMMENT 'Does a variation change conversion, order value or satisfaction? One row for each experiment, measure, currency and variation; filter by experiment_id and measure';
