-- The oldest and the newest window with something in them, of one metric or of all; 0 where there is none.
-- Deadlines that are still ahead (friction_rate counts them) are no news yet.
SELECT
    toUInt32(min(window)) AS oldest,
    toUInt32(max(window)) AS newest
FROM cx.metrics(seconds = {seconds:UInt32}, by = [])
WHERE (metric = {metric:String} OR {metric:String} = '') AND window <= now()
