SELECT
    session_id,
    started,
    ended,
    interactions,
    channels,
    orders,
    frictions
FROM cx.sessions
WHERE customer = {customer:String}
ORDER BY started
