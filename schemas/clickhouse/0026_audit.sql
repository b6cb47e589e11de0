CREATE OR REPLACE VIEW cx.audit
(
    finding LowCardinality(String) COMMENT 'What is odd, though it was accepted: docs/operating.md describes each',
    source LowCardinality(String) COMMENT 'Source that published it; empty where several did',
    what String COMMENT 'The dimension, metric or kind of identifier that it is about; empty where it is about interactions',
    found UInt64 COMMENT 'How many there are',
    first_time Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the first of them',
    last_time Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the last of them',
    examples Array(String) COMMENT 'Up to three of them: ids of interactions, identifiers or values'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    answers AS (
        SELECT
            source,
            id,
            time,
            JSONExtract(data, 'Tuple(kind String, score Float64, scale_min Float64, scale_max Float64)') AS said
        FROM cx.interactions
        WHERE type = 'survey_answered'
    ),
    orders AS (
        SELECT
            source,
            id,
            time,
            JSONExtractString(data, 'revenue', 'currency') AS currency,
            arrayDistinct(
                arrayMap(each -> JSONExtractString(each, 'price', 'currency'), JSONExtractArrayRaw(data, 'products'))
            ) AS currencies
        FROM cx.interactions
        WHERE type = 'order_completed'
    )
SELECT
    'conflicting_duplicate' AS finding,
    source,
    '' AS what,
    count() AS found,
    min(first_time) AS first_time,
    max(conflicts.first_time) AS last_time,
    groupArraySorted(3)(id) AS examples
FROM cx.conflicts
GROUP BY source
UNION ALL
SELECT
    'several_anchors' AS finding,
    source,
    '' AS what,
    count() AS found,
    min(first_time) AS first_time,
    max(conflicts.first_time) AS last_time,
    groupArraySorted(3)(id) AS examples
FROM cx.conflicts
WHERE length(anchors) > 1
GROUP BY source
UNION ALL
SELECT
    'score_off_its_scale' AS finding,
    source,
    said.kind AS what,
    count() AS found,
    min(time) AS first_time,
    max(time) AS last_time,
    groupArraySorted(3)(id) AS examples
FROM answers
WHERE
    said.score NOT BETWEEN said.scale_min AND said.scale_max
    OR (said.kind = 'nps' AND (said.scale_min, said.scale_max) != (0, 10))
GROUP BY source, what
UNION ALL
SELECT
    'currencies_mixed' AS finding,
    source,
    '' AS what,
    count() AS found,
    min(time) AS first_time,
    max(time) AS last_time,
    groupArraySorted(3)(id) AS examples
FROM orders
WHERE arrayExists(each -> each NOT IN ('', currency), currencies)
GROUP BY source
UNION ALL
SELECT
    concat('link_refused_', reason) AS finding,
    '' AS source,
    splitByChar(':', from_identifier)[1] AS what,
    count() AS found,
    min(first_seen) AS first_time,
    max(last_seen) AS last_time,
    groupArraySorted(3)(from_identifier) AS examples
FROM cx.identity
WHERE state = 'refused' AND reason != 'outranked'
GROUP BY reason, what
UNION ALL
SELECT
    'dimension_value_in_other' AS finding,
    '' AS source,
    dimension AS what,
    count() AS found,
    NULL AS first_time,
    NULL AS last_time,
    groupArraySorted(3)(value) AS examples
FROM cx.dimension_values
WHERE place > 100
GROUP BY dimension
COMMENT 'What is odd in what was accepted: conflicting copies, scores off their scale, refused links, values too many to show';
