SELECT
    actor,
    position,
    message
FROM cx_store.ledger
WHERE actor IN {actors:Array(String)} AND position < {before:UInt64}
ORDER BY actor, position
LIMIT 1 BY actor, position
