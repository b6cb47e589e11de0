CREATE OR REPLACE VIEW cx.retention
(
    period LowCardinality(String) COMMENT 'week or month: length of the periods. Filter by one, they hold the same customers',
    cohort Date COMMENT 'First day of the week (Monday) or month of the customers'' first order, UTC',
    age UInt32 COMMENT 'Periods since the cohort''s own, which is 0',
    customers UInt64 COMMENT 'Customers whose first order lies in the cohort: denominator; the same for every age',
    returned UInt64 COMMENT 'Those of them with an order in the period of this age; who skips one counts again later',
    orders UInt64 COMMENT 'Orders of the cohort in the period of this age, cancelled and refunded ones too',
    repeated UInt64 COMMENT 'Customers with a second order by the end of the period of this age',
    is_complete UInt8 COMMENT '1 once the watermark has passed the end of the period of this age; until then numbers can grow',
    share Float64 COMMENT 'returned / customers',
    share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    repeated_share Float64 COMMENT 'repeated / customers; never falls with the age'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    (SELECT watermark FROM cx.watermark) AS watermark,
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half,
    (period, day) -> if(period = 'week', toMonday(day), toStartOfMonth(day)) AS start_of,
    (period, since, day) -> if(
        period = 'week', intDiv(dateDiff('day', since, toMonday(day)), 7), dateDiff('month', since, toStartOfMonth(day))
    ) AS age_of
SELECT
    period,
    cohort,
    toUInt32(age) AS age,
    customers,
    returned_at[age] AS returned,
    orders_at[age] AS orders,
    arraySum(mapValues(mapFilter((when, _) -> when <= age, repeated_at))) AS repeated,
    watermark >= if(period = 'week', addDays(cohort, 7 * (age + 1)), addMonths(cohort, age + 1)) AS is_complete,
    returned / customers AS share,
    middle(returned, customers) - half(returned, customers) AS share_low,
    middle(returned, customers) + half(returned, customers) AS share_high,
    repeated / customers AS repeated_share
FROM
(
    SELECT
        period,
        start_of(period, bought[1]) AS cohort,
        count() AS customers,
        max(arrayMax(ages)) AS oldest,
        sumMap(mapFromArrays(arrayDistinct(ages), arrayMap(_ -> 1, arrayDistinct(ages)))) AS returned_at,
        sumMap(arrayReduce('sumMap', arrayMap(each -> map(each, 1), ages))) AS orders_at,
        sumMap(if(length(ages) > 1, map(ages[2], 1), CAST(map(), 'Map(Int64, UInt8)'))) AS repeated_at
    FROM
    (
        SELECT
            period,
            bought,
            arrayMap(day -> toInt64(age_of(period, start_of(period, bought[1]), day)), bought) AS ages
        FROM
        (
            SELECT arraySort(groupArray(toDate(assumeNotNull(purchased_at)))) AS bought
            FROM cx.journeys
            WHERE order_id != ''
            GROUP BY customer
        ) AS customers
        ARRAY JOIN ['week', 'month'] AS period
    ) AS aged
    GROUP BY period, cohort
) AS cohorts
ARRAY JOIN range(toUInt64(greatest(oldest, age_of(period, cohort, toDate(watermark)), 0) + 1)) AS age
COMMENT 'Of those who first ordered in a week or month, how many order again, and when? One row for each period, cohort and age; filter by period and cohort';

CREATE OR REPLACE VIEW cx.churn
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    (SELECT watermark FROM cx.watermark) AS watermark,
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half,
    (period, day) -> multiIf(period = 'day', day, period = 'week', toMonday(day), toStartOfMonth(day)) AS start_of
SELECT
    period,
    start,
    toUInt64(
        sum(gained + won_back - lost) OVER (PARTITION BY period ORDER BY start) - gained - won_back + lost
    ) AS opening,
    gained,
    won_back,
    lost,
    opening + gained + won_back - lost AS closing,
    watermark >= if(period = 'month', addMonths(start, 1), addDays(start, if(period = 'week', 7, 1))) AS is_complete,
    if(opening = 0 OR {days:UInt32} < if(period = 'month', 31, if(period = 'week', 7, 1)), NULL, opening) AS at_risk,
    lost / at_risk AS churn_rate,
    middle(lost, at_risk) - half(lost, at_risk) AS churn_rate_low,
    middle(lost, at_risk) + half(lost, at_risk) AS churn_rate_high
FROM
(
    SELECT
        period,
        start_of(period, day) AS start,
        toInt64(countIf(what = 'gained')) AS gained,
        toInt64(countIf(what = 'won back')) AS won_back,
        toInt64(countIf(what = 'lost')) AS lost
    FROM
    (
        SELECT
            arrayJoin(arrayConcat(
                [('gained', toDate(bought[1]))],
                arrayMap(
                    at -> ('won back', toDate(at.1)),
                    arrayFilter(at -> at.1 > at.2, arrayZip(arraySlice(bought, 2), arrayPopBack(lapses)))
                ),
                -- Exactly so many days later is in time; of the last order the watermark decides
                arrayMap(
                    at -> ('lost', toDate(at.2)),
                    arrayFilter(at -> at.1 > at.2, arrayZip(arrayPushBack(arraySlice(bought, 2), watermark), lapses))
                )
            )) AS happened,
            happened.1 AS what,
            happened.2 AS day
        FROM
        (
            SELECT
                arraySort(groupArray(assumeNotNull(purchased_at))) AS bought,
                arrayMap(at -> at + toIntervalDay({days:UInt32}), bought) AS lapses
            FROM cx.journeys
            WHERE order_id != ''
            GROUP BY customer
        ) AS customers
        UNION ALL
        -- Every period up to the watermark has a row, also one in which nothing happened
        SELECT
            ('', toDate(0)) AS happened,
            '' AS what,
            arrayJoin(arrayMap(
                back -> toDate(watermark) - back,
                range(toUInt64(greatest(dateDiff('day', toDate(since), toDate(watermark)) + 1, 0)))
            )) AS day
        FROM (SELECT min(purchased_at) AS since FROM cx.journeys WHERE order_id != '')
        WHERE since IS NOT NULL
    ) AS happenings
    ARRAY JOIN ['day', 'week', 'month'] AS period
    GROUP BY period, start
) AS counted
COMMENT 'How many customers stop ordering? FROM cx.churn(days = 90): a customer is active up to 90 days after an order. One row for each period and its start; columns in docs/analysis.md';
