-- Where an identifier belongs: its live links.
SELECT DISTINCT to_identifier AS identifier
FROM cx.identity
WHERE from_identifier = {identifier:String} AND state = 'live'
ORDER BY identifier
