CREATE OR REPLACE VIEW cx.intake_by_minute
(
    minute DateTime('UTC') COMMENT 'Minute in which the broker took the records',
    source LowCardinality(String) COMMENT 'System that published them; empty where unreadable',
    received UInt64 COMMENT 'Records read',
    stored UInt64 COMMENT 'Accepted for the first time',
    duplicate UInt64 COMMENT 'Accepted before with the same content',
    rejected UInt64 COMMENT 'Refused'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    toStartOfMinute(first_look.received) AS minute,
    source,
    count() AS received,
    countIf(outcome = 'accepted' AND copy = 1) AS stored,
    countIf(outcome = 'accepted' AND copy > 1) AS duplicate,
    countIf(outcome != 'accepted') AS rejected
FROM
(
    SELECT
        received,
        source,
        outcome,
        row_number() OVER (
            PARTITION BY outcome, hash
            ORDER BY received, topic, epoch, partition, offset
        ) AS copy
    FROM cx_store.intake FINAL
) AS first_look
GROUP BY minute, source
COMMENT 'received = stored + duplicate + rejected, by source and minute';

CREATE OR REPLACE VIEW cx.residual
(
    topic LowCardinality(String) COMMENT 'Topic of the raw records',
    epoch UInt8 COMMENT 'Epoch of the topic',
    partition UInt32 COMMENT 'Partition of the raw records',
    first_offset UInt64 COMMENT 'First offset that was read',
    last_offset UInt64 COMMENT 'Last offset that was read',
    records UInt64 COMMENT 'Records read',
    missing_offsets UInt64 COMMENT 'Offsets between the first and the last that were not read',
    missing_rows UInt64 COMMENT 'Accepted records without a row in the archive',
    missing_rejections UInt64 COMMENT 'Refused records without a row in the rejections',
    residual UInt64 COMMENT 'Sum of the missing; anything but 0 is a fault'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    topic,
    epoch,
    partition,
    min(offset) AS first_offset,
    max(offset) AS last_offset,
    count() AS records,
    last_offset - first_offset + 1 - records AS missing_offsets,
    countIf(outcome = 'accepted' AND hash NOT IN (SELECT hash FROM cx_store.interactions)) AS missing_rows,
    countIf(
        NOT outcome IN ('accepted', 'no_consent')
        AND (topic, epoch, partition, offset) NOT IN (SELECT topic, epoch, partition, offset FROM cx_store.rejections)
    ) AS missing_rejections,
    missing_offsets + missing_rows + missing_rejections AS residual
FROM cx_store.intake FINAL
GROUP BY topic, epoch, partition
COMMENT 'What was read against what is in the tables: the residual must be 0';

CREATE OR REPLACE VIEW cx.progress
(
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    partition UInt32 COMMENT 'Partition of the stitch topic',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time that every raw partition has passed; 1970 until each was heard of',
    offset UInt64 COMMENT 'Offset of the last block that is in the tables',
    heard String COMMENT 'JSON object: topic/partition of each raw partition to its watermark in milliseconds'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    epoch,
    partition,
    watermark,
    bitAnd(bitShiftRight(position, 16), 1099511627775) AS offset,
    heard
FROM cx_store.progress FINAL
COMMENT 'How far each stitch partition has come';

CREATE OR REPLACE VIEW cx.freshness
(
    watermark DateTime64(3, 'UTC') COMMENT 'Event time that all raw partitions have passed',
    newest_received DateTime64(3, 'UTC') COMMENT 'When the broker took the newest record that is stored',
    newest_time DateTime64(3, 'UTC') COMMENT 'Corrected time of the newest interaction that is stored'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    (SELECT watermark FROM cx.watermark) AS watermark,
    (SELECT max(received) FROM cx_store.intake) AS newest_received,
    (SELECT max(time) FROM cx_store.interactions) AS newest_time
COMMENT 'One row: how new the newest data are';
