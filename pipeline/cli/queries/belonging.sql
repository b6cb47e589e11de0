-- Whose each interaction is that carries an identifier, in a span of time, newest first; see owners.sql.
WITH RECURSIVE carriers AS (
    SELECT
        source,
        id,
        anchor
    FROM cx.interactions
    WHERE has(identifiers, {identifier:String})
),

up AS (
    SELECT arrayJoin(arrayConcat([{identifier:String}], groupUniqArray(carriers.anchor))) AS identifier
    FROM carriers
    UNION ALL
    SELECT DISTINCT link.to_identifier AS identifier
    FROM cx.identity AS link
    WHERE
        link.from_identifier IN (SELECT up.identifier FROM up)
        AND indexOf({kinds:Array(String)}, substringIndex(link.to_identifier, ':', 1))
        < indexOf({kinds:Array(String)}, substringIndex(link.from_identifier, ':', 1))
)

SELECT
    touchpoint.time AS time,
    touchpoint.source AS source,
    touchpoint.id AS id,
    touchpoint.type AS type,
    touchpoint.customer AS customer
FROM cx.touchpoints AS touchpoint
WHERE
    touchpoint.customer IN (SELECT up.identifier FROM up)
    AND touchpoint.area != 'identity' -- said about it, not done with it
    AND touchpoint.time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND touchpoint.time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND (touchpoint.source, touchpoint.id) IN (
        SELECT
            carriers.source,
            carriers.id
        FROM carriers
    )
ORDER BY time DESC, source ASC, id ASC, customer ASC
LIMIT {last:UInt32}
