-- Identifiers of any kind that have this value and are known: someone's touchpoints are theirs, or they link.
SELECT customer AS identifier
FROM cx.touchpoints
WHERE customer IN (SELECT concat(arrayJoin(splitByChar(',', {kinds:String})), ':', {value:String}))
UNION DISTINCT
SELECT from_identifier AS identifier
FROM cx.identity
WHERE from_identifier IN (SELECT concat(arrayJoin(splitByChar(',', {kinds:String})), ':', {value:String}))
