CREATE TABLE IF NOT EXISTS cx_store.touchpoints
(
    customer String COMMENT 'The resolved person: the identifier where the links end' CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the sender''s clock' CODEC(Delta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Id of the interaction, unique within the source' CODEC(ZSTD(1)),
    type LowCardinality(String) COMMENT 'What happened, such as order_completed',
    area LowCardinality(String) COMMENT 'Area of the type, such as cart or ticket',
    channel LowCardinality(String) COMMENT 'Where the customer stood',
    passive UInt8 COMMENT '1 where the customer neither did nor saw it at that moment',
    session_id String COMMENT 'Session that it lies in; empty for none' CODEC(ZSTD(1)),
    journey_id String COMMENT 'Journey that it is a step of; empty for none' CODEC(ZSTD(1)),
    number UInt32 COMMENT 'Number of the step within its journey, from 1; 0 where it is no step',
    stage LowCardinality(String) COMMENT 'Furthest stage that the journey had reached by then',
    gap_seconds Nullable(Float64) COMMENT 'Seconds since the previous step of the journey',
    channel_changed UInt8 COMMENT '1 where the previous step was on another channel',
    friction LowCardinality(String) COMMENT 'Kind of bad experience; empty for none',
    why LowCardinality(String) COMMENT 'Why it is in this journey: correlation, support or person',
    version UInt64 COMMENT 'Position up to which this is true',
    is_deleted UInt8 COMMENT '1 where the touchpoint is no more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (customer, time, source, id)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Each interaction as part of a customer';
