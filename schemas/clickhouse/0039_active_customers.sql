CREATE OR REPLACE VIEW cx.active_customers
(
    period LowCardinality(String) COMMENT 'day, week (from Monday) or month. Filter by one; days do not add up to weeks, since each counts a customer once',
    start Date COMMENT 'First day of the period, UTC',
    channel LowCardinality(String) COMMENT 'Channel; all for distinct customers over all channels, which is not the sum of the channels',
    customers UInt64 COMMENT 'Distinct customers who did something (an interaction that is not passive) in the period',
    interactions UInt64 COMMENT 'What they did: interactions that are not passive'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    'day' AS period,
    toDate(time) AS start,
    channel,
    uniqExact(customer) AS customers,
    count() AS interactions
FROM cx.touchpoints AS touchpoints
ARRAY JOIN ['all', toString(touchpoints.channel)] AS channel
WHERE passive = 0
GROUP BY start, channel
UNION ALL
SELECT
    'week' AS period,
    toMonday(time) AS start,
    channel,
    uniqExact(customer) AS customers,
    count() AS interactions
FROM cx.touchpoints AS touchpoints
ARRAY JOIN ['all', toString(touchpoints.channel)] AS channel
WHERE passive = 0
GROUP BY start, channel
UNION ALL
SELECT
    'month' AS period,
    toStartOfMonth(time) AS start,
    channel,
    uniqExact(customer) AS customers,
    count() AS interactions
FROM cx.touchpoints AS touchpoints
ARRAY JOIN ['all', toString(touchpoints.channel)] AS channel
WHERE passive = 0
GROUP BY start, channel
COMMENT 'How many customers are active, and where? One row for each period, its start and channel; filter by period and start';
