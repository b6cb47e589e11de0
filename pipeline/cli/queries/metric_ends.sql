-- The oldest and the newest window with something in them, of one metric or of all; 0 where there is none.
SELECT
    toUInt32(min(shown.window)) AS oldest,
    toUInt32(max(shown.window)) AS newest
FROM cx.metrics(seconds = {seconds:UInt32}, by = []) AS shown
WHERE shown.metric = {metric:String} OR {metric:String} = ''
