ALTER TABLE cx_store.progress
ADD COLUMN IF NOT EXISTS appended_at DateTime64(3, 'UTC')
COMMENT 'When the broker took the last block that is in the tables; 1970 in rows of older releases';

CREATE TABLE IF NOT EXISTS cx_store.finality
(
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    watermark DateTime64(3, 'UTC') COMMENT 'Everything before it that came in time is in the tables',
    decided_at DateTime64(3, 'UTC') COMMENT 'When the broker took the newest block that was told by then',
    positions Array(UInt64) COMMENT 'Position that each partition of the stitch topic had reached by then'
)
ENGINE = ReplacingMergeTree(watermark)
ORDER BY epoch
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Up to when numbers are final, as decided by watch; the greatest watermark counts, whoever wrote it and when';

CREATE OR REPLACE VIEW cx.watermark
(
    watermark DateTime64(3, 'UTC')
    COMMENT 'What happened before it and came in time is in all numbers: up to here they are final; 1970 before the first decision',
    heard DateTime64(3, 'UTC')
    COMMENT 'Event time that every raw partition has passed; what identifiers tell each other of it may still be on its way',
    decided_at DateTime64(3, 'UTC') COMMENT 'When, by the broker''s clock, the newest block came that was told when this was decided'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    max(decided.watermark) AS watermark,
    (
        SELECT min(progress.watermark)
        FROM cx_store.progress AS progress FINAL
        WHERE progress.epoch = (SELECT max(newest.epoch) FROM cx_store.progress AS newest)
    ) AS heard,
    max(decided.decided_at) AS decided_at
FROM cx_store.finality AS decided
COMMENT 'One row: up to when numbers are final, late sources aside, and how far the sources have been heard';

CREATE OR REPLACE VIEW cx.progress
(
    epoch UInt8 COMMENT 'Epoch of the stitch topic',
    partition UInt32 COMMENT 'Partition of the stitch topic',
    watermark DateTime64(3, 'UTC') COMMENT 'Event time that every raw partition has passed; 1970 until each was heard of',
    offset UInt64 COMMENT 'Offset of the last block that is in the tables',
    heard String COMMENT 'JSON object: topic/partition of each raw partition to its watermark in milliseconds',
    appended_at DateTime64(3, 'UTC') COMMENT 'When the broker took that block'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    epoch,
    partition,
    watermark,
    bitAnd(bitShiftRight(position, 16), 1099511627775) AS offset,
    heard,
    appended_at
FROM cx_store.progress FINAL
COMMENT 'How far each stitch partition has come';

CREATE OR REPLACE VIEW cx.freshness
(
    watermark DateTime64(3, 'UTC') COMMENT 'Up to here numbers are final, late sources aside',
    heard DateTime64(3, 'UTC') COMMENT 'Event time that all raw partitions have passed',
    newest_received DateTime64(3, 'UTC') COMMENT 'When the broker took the newest record that is stored',
    newest_time DateTime64(3, 'UTC') COMMENT 'Corrected time of the newest interaction that is stored'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    watermark,
    heard,
    (SELECT max(received) FROM cx_store.intake) AS newest_received,
    (SELECT max(time) FROM cx_store.interactions) AS newest_time
FROM cx.watermark
COMMENT 'One row: how new the newest data are';
