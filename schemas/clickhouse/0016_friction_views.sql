CREATE OR REPLACE VIEW cx.frictions
(
    customer String COMMENT 'The resolved person',
    time DateTime64(3, 'UTC') COMMENT 'When it happened; of an absence the deadline',
    kind LowCardinality(String) COMMENT 'What hurt, such as payment_failed or late_delivery',
    absence UInt8 COMMENT '1 where something did not happen in time',
    source LowCardinality(String) COMMENT 'Source of the interaction that shows it, or that started the clock of an absence',
    id String COMMENT 'Id of that interaction',
    channel LowCardinality(String) COMMENT 'Channel of that interaction',
    session_id String COMMENT 'Session of that interaction; empty for none',
    journey_id String COMMENT 'Journey of that interaction; empty for none',
    score Float64 COMMENT 'Frictions of the 90 days before, this one too, each half as heavy after 30 days',
    crossed UInt8 COMMENT '1 where the score crossed the threshold with this friction',
    streak UInt32 COMMENT 'Frictions since the last good experience, this one too',
    streak_ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the next good experience came; NULL while none did'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    time,
    kind,
    absence,
    source,
    id,
    channel,
    session_id,
    journey_id,
    score,
    crossed,
    streak,
    streak_ended_at
FROM cx_store.frictions FINAL
WHERE absence = 0 OR time < (SELECT watermark FROM cx.watermark)
COMMENT 'Bad experiences, each root cause once; an absence from the moment when the watermark is past its deadline';

CREATE OR REPLACE VIEW cx.sessions
(
    customer String COMMENT 'The resolved person',
    started DateTime64(3, 'UTC') COMMENT 'Time of its first interaction',
    session_id String COMMENT 'Derived from the customer and the start',
    ended DateTime64(3, 'UTC') COMMENT 'Time of its last interaction',
    interactions UInt32 COMMENT 'Interactions in it, without passive ones',
    channels Array(LowCardinality(String)) COMMENT 'Channels in the order in which they appeared',
    channel LowCardinality(String) COMMENT 'Channel of the first interaction',
    source LowCardinality(String) COMMENT 'Source of the first interaction',
    orders UInt32 COMMENT 'Orders completed in it',
    frictions UInt32 COMMENT 'Bad experiences in it'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    stored.customer AS customer,
    stored.started AS started,
    stored.session_id AS session_id,
    ended,
    interactions,
    channels,
    channel,
    source,
    orders,
    stored.frictions + absences.due AS frictions
FROM cx_store.sessions AS stored FINAL
LEFT JOIN
(
    SELECT
        customer,
        session_id,
        toUInt32(count()) AS due
    FROM cx_store.frictions FINAL
    WHERE absence = 1 AND time < (SELECT watermark FROM cx.watermark) AND session_id != ''
    GROUP BY customer, session_id
) AS absences ON absences.customer = stored.customer AND absences.session_id = stored.session_id
COMMENT 'Bursts of interactions of one customer over all channels';

CREATE OR REPLACE VIEW cx.journeys
(
    customer String COMMENT 'The resolved person',
    started DateTime64(3, 'UTC') COMMENT 'Time of its first step',
    journey_id String COMMENT 'Derived from the customer and the first step',
    ended Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of its last step; NULL while open',
    last_step_at DateTime64(3, 'UTC') COMMENT 'Time of its last step so far',
    closes_at DateTime64(3, 'UTC') COMMENT 'It has ended once the watermark is later',
    stage LowCardinality(String) COMMENT 'Furthest stage that it reached',
    outcome LowCardinality(String) COMMENT 'open, purchased, abandoned, cancelled or refunded',
    order_id String COMMENT 'The order; empty before there is one',
    purchased_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the order',
    time_to_purchase_seconds Nullable(Float64) COMMENT 'From the first step to the order',
    steps UInt32 COMMENT 'Number of steps',
    channels Array(LowCardinality(String)) COMMENT 'Channels in the order in which they appeared, without system',
    sessions UInt32 COMMENT 'Number of sessions',
    frictions UInt32 COMMENT 'Bad experiences in it',
    contacts UInt32 COMMENT 'Contacts that started in it',
    value Nullable(Int64) COMMENT 'Revenue of the order in minor units; NULL without an order',
    currency LowCardinality(String) COMMENT 'Currency of the value',
    first_touch String COMMENT 'First campaign up to the order',
    last_touch String COMMENT 'Last campaign up to the order'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH (SELECT watermark FROM cx.watermark) AS watermark
SELECT
    stored.customer AS customer,
    stored.started AS started,
    stored.journey_id AS journey_id,
    if(watermark > closes_at, last_step_at, NULL) AS ended,
    last_step_at,
    closes_at,
    stage,
    if(stored.outcome = 'open' AND watermark > closes_at, 'abandoned', stored.outcome) AS outcome,
    order_id,
    purchased_at,
    (toUnixTimestamp64Milli(purchased_at) - toUnixTimestamp64Milli(started)) / 1000 AS time_to_purchase_seconds,
    steps,
    channels,
    sessions,
    stored.frictions + absences.due AS frictions,
    contacts,
    value,
    currency,
    first_touch,
    last_touch
FROM cx_store.journeys AS stored FINAL
LEFT JOIN
(
    SELECT
        customer,
        journey_id,
        toUInt32(count()) AS due
    FROM cx_store.frictions FINAL
    WHERE absence = 1 AND time < (SELECT watermark FROM cx.watermark) AND journey_id != ''
    GROUP BY customer, journey_id
) AS absences ON absences.customer = stored.customer AND absences.journey_id = stored.journey_id
COMMENT 'What one customer went through around one purchase intent';

CREATE OR REPLACE VIEW cx.customers
(
    customer String COMMENT 'The resolved person: the identifier where the links end',
    first_seen DateTime64(3, 'UTC') COMMENT 'Time of the first touchpoint',
    last_seen DateTime64(3, 'UTC') COMMENT 'Time of the last touchpoint',
    channels Array(LowCardinality(String)) COMMENT 'Channels in alphabetical order, without system',
    touchpoints UInt64 COMMENT 'Number of touchpoints',
    journeys UInt64 COMMENT 'Number of journeys',
    orders UInt64 COMMENT 'Number of orders, cancelled and refunded ones too',
    currencies Array(String) COMMENT 'Currencies of the orders',
    revenues Array(Int64) COMMENT 'Revenue of the orders in minor units, one for each of the currencies',
    frictions_90_days UInt64 COMMENT 'Bad experiences in the 90 days before the watermark',
    streak UInt32 COMMENT 'Bad experiences since the last good one',
    open_journey_id String COMMENT 'The newest journey that has not ended; empty for none',
    open_journey_stage LowCardinality(String) COMMENT 'How far that one has come'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    minIf(time, what = 'touchpoint') AS first_seen,
    maxIf(time, what = 'touchpoint') AS last_seen,
    arraySort(groupUniqArrayIf(channel, channel NOT IN ('', 'system'))) AS channels,
    countIf(what = 'touchpoint') AS touchpoints,
    countIf(what = 'journey') AS journeys,
    countIf(order_id != '') AS orders,
    mapKeys(sumMapIf(map(currency, value), currency != '')) AS currencies,
    mapValues(sumMapIf(map(currency, value), currency != '')) AS revenues,
    countIf(what = 'friction' AND recent = 1) AS frictions_90_days,
    argMaxIf(streak_then, (time, source, id, kind), what = 'friction') AS streak,
    argMaxIf(journey_id, time, what = 'journey' AND is_open = 1) AS open_journey_id,
    argMaxIf(stage, time, what = 'journey' AND is_open = 1) AS open_journey_stage
FROM
(
    SELECT
        'touchpoint' AS what, customer, time, source, id, channel, '' AS journey_id, '' AS stage, 0 AS is_open,
        '' AS order_id, '' AS currency, 0::Int64 AS value, '' AS kind, 0 AS recent, 0::UInt32 AS streak_then
    FROM cx.touchpoints
    UNION ALL
    SELECT
        'journey' AS what, customer, started AS time, '' AS source, '' AS id, '' AS channel, journey_id, stage,
        ended IS NULL AS is_open, order_id, currency, ifNull(value, 0) AS value, '' AS kind, 0 AS recent,
        0::UInt32 AS streak_then
    FROM cx.journeys
    UNION ALL
    SELECT
        'friction' AS what, customer, time, source, id, '' AS channel, '' AS journey_id, '' AS stage, 0 AS is_open,
        '' AS order_id, '' AS currency, 0::Int64 AS value, kind,
        time >= (SELECT watermark FROM cx.watermark) - toIntervalDay(90) AS recent,
        if(streak_ended_at IS NULL, streak, 0) AS streak_then
    FROM cx.frictions
) AS everything
GROUP BY customer
COMMENT 'One row for each customer; filter by customer';
