-- Neighbours that can decide whose an identifier is: what it links to in any state, and the things that link to a
-- machine, since those may lend it their person.
SELECT to_identifier AS identifier
FROM cx.identity
WHERE from_identifier IN ({identifiers:Array(String)}) AND to_identifier != ''
UNION DISTINCT
SELECT from_identifier AS identifier
FROM cx.identity
WHERE to_identifier IN ({machines:Array(String)})
