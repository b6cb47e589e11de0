CREATE TABLE IF NOT EXISTS cx_store.interactions
(
    day Date COMMENT 'Day of sent_time, UTC',
    type LowCardinality(String) COMMENT 'What happened, such as order_completed',
    sent_time DateTime64(3, 'UTC') COMMENT 'When it happened, by the sender''s clock' CODEC(Delta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Its id, unique within the source' CODEC(ZSTD(1)),
    hash UInt64 COMMENT 'First 64 bits of the SHA-256 of the normalised record' CODEC(NONE),
    time DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the sender''s clock' CODEC(Delta, ZSTD(1)),
    received DateTime64(3, 'UTC') COMMENT 'When the broker took this copy' CODEC(Delta, ZSTD(1)),
    schema LowCardinality(String) COMMENT 'Schema in force: type/MODEL-REVISION-ADDITION',
    area LowCardinality(String) COMMENT 'Area of the type, such as cart or ticket',
    passive UInt8 COMMENT '1 where the customer neither did nor saw it at that moment',
    channel LowCardinality(String) COMMENT 'Where the customer stood',
    identifiers Array(String) COMMENT 'kind:value, strongest first; personal values are hashed' CODEC(ZSTD(1)),
    anchor String COMMENT 'The identifier that it reached first: strongest person, else machine, else thing'
    CODEC(ZSTD(1)),
    consent LowCardinality(String) COMMENT 'Granted purposes as a JSON list; empty where the sender gave none',
    context String COMMENT 'Page, campaign, device and the like, as canonical JSON' CODEC(ZSTD(1)),
    data String COMMENT 'What the type asks for, as canonical JSON, unknown fields kept' CODEC(ZSTD(1)),
    version UInt64 COMMENT 'Greatest for the copy with the smallest corrected time',
    INDEX by_identifier identifiers TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_time time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, type, sent_time, source, id, hash)
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Archive: each accepted interaction as accepted, never changed; copies with other content have a row each';
