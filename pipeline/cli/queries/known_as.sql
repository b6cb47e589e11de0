-- Identifiers that lead to a customer by live links, over any number of hops.
WITH RECURSIVE known AS (
    SELECT
        {customer:String} AS identifier,
        0 AS hops
    UNION ALL
    SELECT
        link.from_identifier AS identifier,
        known.hops + 1 AS hops
    FROM cx.identity AS link
    INNER JOIN known ON link.to_identifier = known.identifier
    WHERE link.state = 'live' AND known.hops < 8
)

SELECT DISTINCT identifier
FROM known
WHERE identifier != {customer:String}
ORDER BY identifier
LIMIT 100
