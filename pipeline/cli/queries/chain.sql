-- Links of any state that leave these identifiers and all that live links lead to, to stronger kinds, by primary key;
-- at most 100 for each identifier and state, with the number of all of them.
WITH RECURSIVE chain AS (
    SELECT arrayJoin({identifiers:Array(String)}) AS identifier
    UNION ALL
    SELECT DISTINCT link.to_identifier AS identifier
    FROM cx.identity AS link
    WHERE
        link.from_identifier IN (SELECT chain.identifier FROM chain)
        AND link.state = 'live'
        AND indexOf({kinds:Array(String)}, substringIndex(link.to_identifier, ':', 1))
        < indexOf({kinds:Array(String)}, substringIndex(link.from_identifier, ':', 1))
)

SELECT
    link.from_identifier AS from_identifier,
    link.to_identifier AS to_identifier,
    link.state AS state,
    link.reason AS reason,
    link.evidence AS evidence,
    if(link.evidence = 0, NULL, link.first_seen) AS first_seen,
    if(link.evidence = 0, NULL, link.last_seen) AS last_seen,
    link.first_source AS first_source,
    link.first_id AS first_id,
    count() OVER (PARTITION BY link.from_identifier, link.state) AS alike
FROM cx.identity AS link
WHERE link.from_identifier IN (SELECT chain.identifier FROM chain)
ORDER BY from_identifier ASC, state ASC, last_seen DESC, to_identifier ASC
LIMIT 100 BY from_identifier, state
