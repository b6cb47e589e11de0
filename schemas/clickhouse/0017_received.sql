CREATE OR REPLACE VIEW cx.interactions
(
    day Date COMMENT 'Day of sent_time, UTC',
    type LowCardinality(String) COMMENT 'What happened, such as order_completed',
    time DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the sender''s clock',
    sent_time DateTime64(3, 'UTC') COMMENT 'When it happened, by the sender''s clock',
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Its id, unique within the source',
    schema LowCardinality(String) COMMENT 'Schema in force: type/MODEL-REVISION-ADDITION',
    area LowCardinality(String) COMMENT 'Area of the type, such as cart or ticket',
    passive UInt8 COMMENT '1 where the customer neither did nor saw it at that moment',
    channel LowCardinality(String) COMMENT 'Where the customer stood',
    identifiers Array(String) COMMENT 'kind:value, strongest first; personal values are hashed',
    anchor String COMMENT 'The identifier that it reached first',
    consent LowCardinality(String) COMMENT 'Granted purposes as a JSON list; empty where the sender gave none',
    context String COMMENT 'Page, campaign, device and the like, as JSON',
    data String COMMENT 'What the type asks for, as JSON',
    hash UInt64 COMMENT 'First 64 bits of the SHA-256 of the normalised record',
    received DateTime64(3, 'UTC') COMMENT 'When the broker took the copy that counts'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    day,
    type,
    time,
    sent_time,
    source,
    id,
    schema,
    area,
    passive,
    channel,
    identifiers,
    anchor,
    consent,
    context,
    data,
    hash,
    received
FROM cx_store.interactions FINAL
COMMENT 'Each accepted interaction, resends merged; filter by day and type. Copies with other content: see conflicts';
