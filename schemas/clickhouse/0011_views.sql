CREATE DATABASE IF NOT EXISTS cx
COMMENT 'Views: all that analysts see. They run as the migrator, so reading them needs no right on cx_store';

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
    hash UInt64 COMMENT 'First 64 bits of the SHA-256 of the normalised record'
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
    hash
FROM cx_store.interactions FINAL
COMMENT 'Each accepted interaction, resends merged; filter by day and type. Copies with other content: see conflicts';

CREATE OR REPLACE VIEW cx.conflicts
(
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Id that has more than one content or anchor',
    contents UInt64 COMMENT 'Number of different contents',
    anchors Array(String) COMMENT 'Identifiers that its copies reached',
    first_time DateTime64(3, 'UTC') COMMENT 'Earliest corrected time among its copies'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    source,
    id,
    uniqExact(hash) AS contents,
    arraySort(groupUniqArray(anchor)) AS anchors,
    min(time) AS first_time
FROM cx_store.interactions
GROUP BY source, id
HAVING contents > 1
COMMENT 'Ids that came with different contents; per anchor the earliest copy is the interaction';

CREATE OR REPLACE VIEW cx.rejections
(
    topic LowCardinality(String) COMMENT 'Topic of the raw record',
    epoch UInt8 COMMENT 'Epoch of the topic',
    partition UInt32 COMMENT 'Partition of the raw record',
    offset UInt64 COMMENT 'Offset of the raw record',
    received DateTime64(3, 'UTC') COMMENT 'When the broker took it',
    reason LowCardinality(String) COMMENT 'Why it was refused; the first reason that holds',
    path String COMMENT 'JSON path of the fault; $ where the whole record is at fault',
    detail String COMMENT 'One sentence: the offending key and what is allowed',
    source LowCardinality(String) COMMENT 'System that published it, where readable',
    type LowCardinality(String) COMMENT 'Type of the interaction, where readable',
    id String COMMENT 'Id of the interaction, where readable',
    value_length UInt32 COMMENT 'Length of the whole record in bytes',
    value_sha256 String COMMENT 'SHA-256 of the whole record, hexadecimal'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    topic,
    epoch,
    partition,
    offset,
    received,
    reason,
    path,
    detail,
    source,
    type,
    id,
    value_length,
    value_sha256
FROM cx_store.rejections FINAL
COMMENT 'Refused records with the reason, without their bytes';
