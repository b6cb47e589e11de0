-- Customers of the interactions that carry an identifier; see owners.sql.
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

SELECT DISTINCT touchpoint.customer AS identifier
FROM cx.touchpoints AS touchpoint
WHERE
    touchpoint.customer IN (SELECT up.identifier FROM up)
    AND (touchpoint.source, touchpoint.id) IN (
        SELECT
            carriers.source,
            carriers.id
        FROM carriers
    )
ORDER BY identifier
