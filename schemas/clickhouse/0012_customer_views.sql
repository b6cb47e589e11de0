CREATE OR REPLACE VIEW cx.watermark
(
    watermark DateTime64(3, 'UTC') COMMENT 'Event time that all raw partitions have passed; 1970 until each was heard of'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT min(watermark) AS watermark
FROM cx_store.progress FINAL
WHERE epoch = (SELECT max(epoch) FROM cx_store.progress)
COMMENT 'One row: up to when the numbers hold, late interactions aside';

CREATE OR REPLACE VIEW cx.touchpoints
(
    customer String COMMENT 'The resolved person: the identifier where the links end',
    time DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the sender''s clock',
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Id of the interaction, unique within the source',
    type LowCardinality(String) COMMENT 'What happened, such as order_completed',
    area LowCardinality(String) COMMENT 'Area of the type, such as cart or ticket',
    channel LowCardinality(String) COMMENT 'Where the customer stood',
    passive UInt8 COMMENT '1 where the customer neither did nor saw it at that moment',
    session_id String COMMENT 'Session that it lies in; empty for none',
    journey_id String COMMENT 'Journey that it is a step of; empty for none',
    number UInt32 COMMENT 'Number of the step within its journey, from 1; 0 where it is no step',
    stage LowCardinality(String) COMMENT 'Furthest stage that the journey had reached by then',
    gap_seconds Nullable(Float64) COMMENT 'Seconds since the previous step of the journey',
    channel_changed UInt8 COMMENT '1 where the previous step was on another channel',
    friction LowCardinality(String) COMMENT 'Kind of bad experience; empty for none',
    why LowCardinality(String) COMMENT 'Why it is in this journey: correlation, support or person'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    time,
    source,
    id,
    type,
    area,
    channel,
    passive,
    session_id,
    journey_id,
    number,
    stage,
    gap_seconds,
    channel_changed,
    friction,
    why
FROM cx_store.touchpoints FINAL
COMMENT 'Each interaction as part of a customer; filter by customer';

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
    customer,
    started,
    session_id,
    ended,
    interactions,
    channels,
    channel,
    source,
    orders,
    frictions
FROM cx_store.sessions FINAL
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
    customer,
    started,
    journey_id,
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
    frictions,
    contacts,
    value,
    currency,
    first_touch,
    last_touch
FROM cx_store.journeys AS stored FINAL
COMMENT 'What one customer went through around one purchase intent';

CREATE OR REPLACE VIEW cx.identity
(
    from_identifier String COMMENT 'The weaker identifier',
    to_identifier String COMMENT 'The stronger identifier',
    state LowCardinality(String) COMMENT 'live, removed or refused',
    reason LowCardinality(String) COMMENT 'Why it was refused or removed; empty while live',
    first_seen DateTime64(3, 'UTC') COMMENT 'Time of its first evidence',
    last_seen DateTime64(3, 'UTC') COMMENT 'Time of its last evidence',
    evidence UInt32 COMMENT 'Number of interactions that are evidence for it',
    first_source LowCardinality(String) COMMENT 'Source of the first evidence',
    first_id String COMMENT 'Id of the first evidence'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    from_identifier,
    to_identifier,
    state,
    reason,
    first_seen,
    last_seen,
    evidence,
    first_source,
    first_id
FROM cx_store.identity FINAL
COMMENT 'Links between identifiers with their evidence, refused and removed ones too';
