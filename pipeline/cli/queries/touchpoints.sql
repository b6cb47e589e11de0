SELECT
    time,
    source,
    id,
    type,
    area,
    channel,
    passive,
    session_id,
    journey_id,
    number,
    stage,
    gap_seconds,
    channel_changed,
    friction,
    why
FROM cx.touchpoints
WHERE customer = {customer:String}
ORDER BY time, source, id
