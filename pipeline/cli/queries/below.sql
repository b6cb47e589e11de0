-- What links to an identifier, newest first, at most 100 in all, with the number of all of each state.
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
    count() OVER (PARTITION BY link.state) AS alike
FROM cx.identity AS link
WHERE link.to_identifier = {identifier:String}
ORDER BY state ASC, last_seen DESC, from_identifier ASC
LIMIT 100
