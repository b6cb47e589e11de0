-- The newest window with something in it, of one metric or of all; 0 where there is none.
SELECT toUInt32(max(shown.window)) AS newest
FROM cx.metrics(seconds = {seconds:UInt32}, by = []) AS shown
WHERE shown.metric = {metric:String} OR {metric:String} = ''
