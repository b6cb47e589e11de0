-- Identifiers that lead to a customer by live links, over any number of hops to weaker kinds.
WITH RECURSIVE known AS (
    SELECT {customer:String} AS identifier
    UNION ALL
    SELECT DISTINCT link.from_identifier AS identifier
    FROM cx.identity AS link
    WHERE
        link.to_identifier IN (SELECT known.identifier FROM known)
        AND link.state = 'live'
        AND indexOf({kinds:Array(String)}, substringIndex(link.to_identifier, ':', 1))
        < indexOf({kinds:Array(String)}, substringIndex(link.from_identifier, ':', 1))
)

SELECT DISTINCT known.identifier AS identifier
FROM known
WHERE known.identifier != {customer:String}
ORDER BY identifier
LIMIT 100
