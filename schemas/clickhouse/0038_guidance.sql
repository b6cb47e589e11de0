CREATE OR REPLACE VIEW cx.guidance
(
    day Date COMMENT 'Day on which it was shown, UTC; a session over midnight counts on both days if it was shown on both',
    kind LowCardinality(String) COMMENT 'search, recommendation, popup or campaign_page',
    name String COMMENT 'Widget, popup or campaign page; of searches empty',
    channel LowCardinality(String) COMMENT 'Channel on which it was shown',
    shown UInt64 COMMENT 'Times that it was shown; of searches the searches',
    clicked UInt64 COMMENT 'Clicks on it; of a campaign page always 0, since there is no such interaction',
    dismissed UInt64 COMMENT 'Popups dismissed',
    without_result UInt64 COMMENT 'Searches that found nothing',
    sessions UInt64 COMMENT 'Sessions in which it was shown: denominator of the shares',
    sessions_clicked UInt64 COMMENT 'Those of them with a click on it after it was first shown: numerator of clicked_share',
    sessions_bought UInt64 COMMENT 'Those with an order after it was first shown, in the same session: numerator of bought_share',
    sessions_clicked_bought UInt64 COMMENT 'Those with an order after the first click, in the same session',
    clicked_share Nullable(Float64) COMMENT 'sessions_clicked / sessions; NULL where nothing was shown',
    clicked_share_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (Wilson)',
    clicked_share_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (Wilson)',
    bought_share Nullable(Float64) COMMENT 'sessions_bought / sessions; NULL where nothing was shown',
    bought_share_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (Wilson)',
    bought_share_high Nullable(Float64) COMMENT 'Upper end of its 95 % interval (Wilson)'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS WITH
    -- Wilson score interval: Wilson, Probable inference, JASA 22, 1927
    1.959963984540054 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (n - k) / n + z * z / 4) / (n + z * z) AS half
SELECT
    day,
    kind,
    name,
    channel,
    sum(seen.shown) AS shown,
    sum(seen.clicked) AS clicked,
    sum(seen.dismissed) AS dismissed,
    sum(seen.without_result) AS without_result,
    countIf(seen.shown > 0 AND seen.session_id != '') AS sessions,
    countIf(seen.shown > 0 AND seen.session_id != '' AND clicked_at >= shown_at) AS sessions_clicked,
    countIf(seen.shown > 0 AND seen.session_id != '' AND bought.last >= shown_at) AS sessions_bought,
    countIf(
        seen.shown > 0 AND seen.session_id != '' AND clicked_at >= shown_at AND bought.last >= clicked_at
    ) AS sessions_clicked_bought,
    sessions_clicked / nullIf(sessions, 0) AS clicked_share,
    middle(sessions_clicked, nullIf(sessions, 0)) - half(sessions_clicked, nullIf(sessions, 0)) AS clicked_share_low,
    middle(sessions_clicked, nullIf(sessions, 0)) + half(sessions_clicked, nullIf(sessions, 0)) AS clicked_share_high,
    sessions_bought / nullIf(sessions, 0) AS bought_share,
    middle(sessions_bought, nullIf(sessions, 0)) - half(sessions_bought, nullIf(sessions, 0)) AS bought_share_low,
    middle(sessions_bought, nullIf(sessions, 0)) + half(sessions_bought, nullIf(sessions, 0)) AS bought_share_high
FROM
(
    SELECT
        day,
        kind,
        name,
        channel,
        session_id,
        countIf(shows) AS shown,
        countIf(clicks) AS clicked,
        countIf(type = 'popup_dismissed') AS dismissed,
        countIf(type = 'products_searched' AND JSONExtractInt(data, 'results_count') = 0) AS without_result,
        minIf(told.time, shows) AS shown_at,
        -- The last click and the last order: they are after the first showing if any is
        maxIf(told.time, clicks) AS clicked_at
    FROM
    (
        SELECT
            toDate(contents.time) AS day,
            contents.time AS time,
            type,
            channel,
            session_id,
            data,
            type IN ('products_searched', 'recommendation_viewed', 'popup_shown', 'campaign_page_viewed') AS shows,
            type IN ('search_result_clicked', 'recommendation_clicked', 'popup_clicked') AS clicks,
            multiIf(
                type IN ('products_searched', 'search_result_clicked'), 'search',
                type IN ('recommendation_viewed', 'recommendation_clicked'), 'recommendation',
                type = 'campaign_page_viewed', 'campaign_page',
                'popup'
            ) AS kind,
            multiIf(
                kind = 'search', '',
                kind = 'recommendation', JSONExtractString(data, 'widget_id'),
                kind = 'popup', JSONExtractString(data, 'popup_id'),
                JSONExtractString(data, 'campaign_page_id')
            ) AS name
        FROM cx.touchpoint_contents AS contents
        WHERE type IN (
            'products_searched', 'search_result_clicked', 'recommendation_viewed', 'recommendation_clicked',
            'popup_shown', 'popup_clicked', 'popup_dismissed', 'campaign_page_viewed'
        )
    ) AS told
    GROUP BY day, kind, name, channel, session_id
) AS seen
LEFT JOIN
(
    SELECT session_id, max(purchased_at) AS last
    FROM cx.orders
    WHERE session_id != ''
    GROUP BY session_id
) AS bought ON seen.session_id = bought.session_id
GROUP BY day, kind, name, channel
COMMENT 'What do search, recommendations, popups and campaign pages lead to? One row for each day, kind, name and channel; filter by day and kind';
