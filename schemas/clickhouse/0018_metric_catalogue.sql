CREATE TABLE IF NOT EXISTS cx_store.metric_catalogue
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    number UInt16 COMMENT 'Its place in schemas/metrics.yaml',
    meaning String COMMENT 'What it says, in one sentence',
    kind LowCardinality(String) COMMENT 'ratio, sum, mean or quantile',
    unit LowCardinality(String) COMMENT 'Unit of the value',
    scale UInt32 COMMENT 'So many of the stored numerator are one unit',
    good LowCardinality(String) COMMENT 'higher or lower: which direction is good',
    numerator String COMMENT 'Numerator in words',
    denominator String COMMENT 'Denominator in words; empty for a sum',
    counted_at String COMMENT 'Whose minute, channel and source count',
    final_after_seconds UInt32 COMMENT 'How long after a window''s end its cases can still change',
    minimum_n UInt32 COMMENT 'With fewer contributions the value says little',
    quantile Float64 COMMENT 'Which quantile is the value; 0 where none is',
    dimensions Array(String) COMMENT 'Fields of data that are dimensions of this metric alone',
    formula String COMMENT 'Where the formula comes from',
    version UInt64 COMMENT 'Number of the migration run that wrote it',
    is_deleted UInt8 COMMENT '1 where there is no such metric any more'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY metric
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'schemas/metrics.yaml, as cxstream migrate last read it';

CREATE OR REPLACE VIEW cx.metric_catalogue
(
    metric LowCardinality(String) COMMENT 'Name of the metric',
    meaning String COMMENT 'What it says, in one sentence',
    kind LowCardinality(String) COMMENT 'ratio, sum, mean or quantile',
    unit LowCardinality(String) COMMENT 'Unit of the value',
    good LowCardinality(String) COMMENT 'higher or lower: which direction is good',
    numerator String COMMENT 'Numerator in words',
    denominator String COMMENT 'Denominator in words; empty for a sum',
    counted_at String COMMENT 'Whose minute, channel and source count',
    final_after_seconds UInt32 COMMENT 'How long after a window''s end its cases can still change',
    minimum_n UInt32 COMMENT 'With fewer contributions there is no value',
    dimensions Array(String) COMMENT 'Dimensions beside those that every metric has',
    formula String COMMENT 'Where the formula comes from'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    metric,
    meaning,
    kind,
    unit,
    good,
    numerator,
    denominator,
    counted_at,
    final_after_seconds,
    minimum_n,
    dimensions,
    formula
FROM cx_store.metric_catalogue FINAL
ORDER BY number
COMMENT 'What each metric is';
