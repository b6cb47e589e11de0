CREATE OR REPLACE VIEW cx.funnel
(
    day Date COMMENT 'Day on which the journeys started, UTC',
    channel LowCardinality(String) COMMENT 'First channel of the journeys; empty where a system alone was seen',
    stage_number UInt8 COMMENT 'Order of the stages, 1 to 5',
    stage LowCardinality(String) COMMENT 'discover, consider, intend, checkout or purchased',
    journeys UInt64 COMMENT 'Journeys that started on that day and channel: denominator of share; the same in all five rows',
    reached UInt64 COMMENT 'Those of them that came to this stage or further, skipped stages included: numerator of share',
    reached_before UInt64 COMMENT 'Those that came to the stage before or further: denominator of share_of_before; of the first stage all',
    abandoned_here UInt64 COMMENT 'Those that were abandoned with this as their furthest stage',
    open_here UInt64 COMMENT 'Those that are still open with this as their furthest stage, so that reached of later stages may grow',
    share Float64 COMMENT 'reached / journeys',
    share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    share_of_before Nullable(Float64) COMMENT 'reached / reached_before; NULL where nothing came to the stage before'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half
SELECT
    day,
    channel,
    stage_number,
    ['discover', 'consider', 'intend', 'checkout', 'purchased'][stage_number] AS stage,
    count() AS journeys,
    countIf(furthest >= stage_number) AS reached,
    countIf(furthest >= stage_number - 1) AS reached_before,
    countIf(furthest = stage_number AND outcome = 'abandoned') AS abandoned_here,
    countIf(furthest = stage_number AND outcome = 'open') AS open_here,
    reached / journeys AS share,
    middle(reached, journeys) - half(reached, journeys) AS share_low,
    middle(reached, journeys) + half(reached, journeys) AS share_high,
    reached / nullIf(reached_before, 0) AS share_of_before
FROM
(
    SELECT
        toDate(started) AS day,
        channels[1] AS channel,
        outcome,
        -- A stage after the order counts only with an order; 0 for a stage that is none of the five
        if(order_id != '', 5, indexOf(['discover', 'consider', 'intend', 'checkout'], stage)) AS known,
        greatest(known, 1) AS furthest
    FROM cx.journeys
) AS started
ARRAY JOIN [1, 2, 3, 4, 5] AS stage_number
GROUP BY day, channel, stage_number
COMMENT 'How far do purchase intents come, and where are they lost? One row for each day of start, first channel and stage; filter by day and channel, add up reached and journeys over days';

CREATE OR REPLACE VIEW cx.paths
(
    day Date COMMENT 'Day on which the journeys started, UTC',
    path String COMMENT 'Channels of what the customer did, in order, up to the order or else to the last step; repeats in a row once; at most 8, then …',
    journeys UInt64 COMMENT 'Journeys with this path: denominator of share',
    purchased UInt64 COMMENT 'Those of them with an order, cancelled and refunded ones too: numerator of share',
    decided UInt64 COMMENT 'Those of them that were purchased or abandoned; the others are still open',
    share Float64 COMMENT 'purchased / journeys',
    share_low Float64 COMMENT 'Lower end of its 95 % interval (Wilson)',
    share_high Float64 COMMENT 'Upper end of its 95 % interval (Wilson)',
    median_seconds_to_purchase Nullable(Float64) COMMENT 'Median seconds from the first step to the order; NULL without an order',
    frictions UInt64 COMMENT 'Bad experiences in these journeys',
    with_friction UInt64 COMMENT 'Journeys with at least one bad experience',
    contacts UInt64 COMMENT 'Contacts that started in these journeys'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half
SELECT
    toDate(journeys.started) AS day,
    steps.path AS path,
    count() AS journeys,
    countIf(order_id != '') AS purchased,
    countIf(outcome != 'open') AS decided,
    purchased / journeys AS share,
    middle(purchased, journeys) - half(purchased, journeys) AS share_low,
    middle(purchased, journeys) + half(purchased, journeys) AS share_high,
    quantileExactInclusiveOrNull(0.5)(time_to_purchase_seconds) AS median_seconds_to_purchase,
    sum(journeys.frictions) AS frictions,
    countIf(journeys.frictions > 0) AS with_friction,
    sum(journeys.contacts) AS contacts
FROM cx.journeys AS journeys
LEFT JOIN
(
    SELECT
        journey_id,
        minIf(number, type = 'order_completed') AS ordered,
        arrayCompact(arrayMap(step -> step.2, arrayFilter(
            step -> ordered = 0 OR step.1 <= ordered, arraySort(groupArrayIf((number, channel), passive = 0))
        ))) AS visited,
        concat(arrayStringConcat(arraySlice(visited, 1, 8), ' > '), if(length(visited) > 8, ' > …', '')) AS path
    FROM cx.touchpoints
    WHERE journey_id != '' AND (passive = 0 OR type = 'order_completed')
    GROUP BY journey_id
) AS steps ON journeys.journey_id = steps.journey_id
GROUP BY day, path
COMMENT 'By which ways across channels do journeys come to an order? One row for each day of start and path; filter by day, add up over days';
