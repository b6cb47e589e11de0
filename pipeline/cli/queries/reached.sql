-- The identifiers that each interaction of a customer reached first, of all its copies; by time and id.
WITH own AS (
    SELECT
        source,
        id
    FROM cx.touchpoints
    WHERE customer = {customer:String}
)

SELECT
    source,
    id,
    arraySort(groupUniqArray(anchor)) AS anchors
FROM cx.interactions
WHERE
    time BETWEEN {since:DateTime64(3)} AND {until:DateTime64(3)}
    AND id IN (SELECT own.id FROM own)
    AND (source, id) IN (
        SELECT
            own.source,
            own.id
        FROM own
    )
GROUP BY source, id
