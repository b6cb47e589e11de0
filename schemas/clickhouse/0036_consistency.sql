CREATE OR REPLACE VIEW cx.consistency
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    1.959963984540054 AS z,
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half,
    -- Newcombe, Interval estimation for the difference between independent proportions, method 10, Statistics in
    -- Medicine 17, 1998: each side is the root of two squared distances to Wilson limits
    (k, n) -> k / n - (middle(k, n) - half(k, n)) AS below,
    (k, n) -> middle(k, n) + half(k, n) - k / n AS above
SELECT
    measure,
    pair.1.1 AS channel_a,
    pair.2.1 AS channel_b,
    pair.1.2 AS n_a,
    pair.2.2 AS n_b,
    pair.1.3 / n_a AS share_a,
    share_a - below(pair.1.3, n_a) AS share_a_low,
    share_a + above(pair.1.3, n_a) AS share_a_high,
    pair.2.3 / n_b AS share_b,
    share_b - below(pair.2.3, n_b) AS share_b_low,
    share_b + above(pair.2.3, n_b) AS share_b_high,
    share_a - share_b AS difference,
    difference - sqrt(pow(below(pair.1.3, n_a), 2) + pow(above(pair.2.3, n_b), 2)) AS difference_low,
    difference + sqrt(pow(above(pair.1.3, n_a), 2) + pow(below(pair.2.3, n_b), 2)) AS difference_high,
    overall,
    consistency,
    length(by_channel) AS channels
FROM
(
    SELECT
        measure,
        arraySort(groupArray((channel, n, good))) AS by_channel,
        arraySum(arrayMap(each -> each.3, by_channel)) / arraySum(arrayMap(each -> each.2, by_channel)) AS overall,
        1 - arraySum(arrayMap(each -> each.2 * abs(each.3 / each.2 - overall), by_channel))
            / arraySum(arrayMap(each -> each.2, by_channel)) AS consistency
    FROM
    (
        SELECT
            'satisfaction' AS measure,
            toString(answers.channel) AS channel,
            count() AS n,
            countIf(satisfied = 1) AS good
        FROM cx.survey_answers AS answers
        WHERE answers.time >= {from:DateTime} AND answers.time < {to:DateTime}
        GROUP BY channel
        UNION ALL
        SELECT
            'without_friction' AS measure,
            toString(sessions.channel) AS channel,
            count() AS n,
            countIf(frictions = 0) AS good
        FROM cx.sessions AS sessions
        WHERE sessions.started >= {from:DateTime} AND sessions.started < {to:DateTime}
        GROUP BY channel
    ) AS counted
    WHERE n >= 30
    GROUP BY measure
) AS measured
ARRAY JOIN arrayFlatten(arrayMap(
    at -> arrayMap(other -> (by_channel[at], by_channel[other]), range(at + 1, length(by_channel) + 1)),
    arrayEnumerate(by_channel)
)) AS pair
COMMENT 'Is the experience the same on every channel? FROM cx.consistency(from = ''2026-01-01'', to = ''2026-02-01''): one row for each measure and pair of channels with 30 or more in that time; columns in docs/analysis.md';
