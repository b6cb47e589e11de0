-- Interactions that carry any of these identifiers, as the archive holds them, in the order of the archive's row.
SELECT
    toInt32(day) AS day,
    type,
    toUnixTimestamp64Milli(sent_time) AS sent_time,
    source,
    id,
    hash,
    toUnixTimestamp64Milli(time) AS time,
    toUnixTimestamp64Milli(received) AS received,
    schema,
    area,
    passive,
    channel,
    identifiers,
    anchor,
    consent,
    context,
    data,
    0 AS version
FROM cx.interactions
WHERE hasAny(identifiers, {identifiers:Array(String)})
ORDER BY received, source, id, hash
LIMIT {most:UInt32}
