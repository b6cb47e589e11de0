SELECT DISTINCT actor
FROM cx_store.ledger
WHERE partition = {partition:UInt32} AND position < {before:UInt64}
LIMIT {limit:UInt64}
