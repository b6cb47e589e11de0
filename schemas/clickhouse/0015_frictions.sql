CREATE TABLE IF NOT EXISTS cx_store.frictions
(
    customer String COMMENT 'The resolved person' CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') COMMENT 'When it happened; of an absence the deadline' CODEC(Delta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'Source of the interaction that shows it, or that started the clock of an absence',
    id String COMMENT 'Id of that interaction' CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'What hurt, such as payment_failed or late_delivery',
    absence UInt8 COMMENT '1 where something did not happen in time: it holds once the watermark is later',
    channel LowCardinality(String) COMMENT 'Channel of that interaction',
    session_id String COMMENT 'Session of that interaction; empty for none' CODEC(ZSTD(1)),
    journey_id String COMMENT 'Journey of that interaction; empty for none' CODEC(ZSTD(1)),
    score Float64 COMMENT 'Frictions of the 90 days before, this one too, each half as heavy after 30 days',
    crossed UInt8 COMMENT '1 where the score crossed the threshold with this friction',
    streak UInt32 COMMENT 'Frictions since the last good experience, this one too',
    streak_ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the next good experience came; NULL while none did',
    version UInt64 COMMENT 'Position up to which this is true',
    is_deleted UInt8 COMMENT '1 where the friction is no more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (customer, time, source, id, kind)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Bad experiences of customers, each root cause once';
