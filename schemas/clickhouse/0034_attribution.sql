CREATE OR REPLACE VIEW cx.attribution
(
    customer String COMMENT 'The resolved person',
    journey_id String COMMENT 'Journey of the order',
    order_id String COMMENT 'The order',
    purchased_at DateTime64(3, 'UTC') COMMENT 'Time of the order; filter by it',
    currency LowCardinality(String) COMMENT 'Currency of the order',
    model LowCardinality(String) COMMENT 'first, last, linear or time_decay: always filter or group by it, each model credits every order once',
    campaign String COMMENT 'source/medium/name of the campaign; empty for an order without a campaign before it, which keeps its whole credit',
    touches UInt64 COMMENT 'Touches of this campaign in the journey up to the order; 0 without a campaign',
    weight Float64 COMMENT 'Share of the order that the model credits to this campaign; the weights of an order add up to 1 in each model',
    credited Float64 COMMENT 'weight times the revenue of the order, minor units, before refunds',
    outcome LowCardinality(String) COMMENT 'What became of the order: purchased, cancelled or refunded'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    journey_id,
    order_id,
    purchased_at,
    currency,
    model,
    campaign,
    sum(is_touch) AS touches,
    sum(part) AS weight,
    weight * any(value) AS credited,
    any(outcome) AS outcome
FROM
(
    SELECT
        journeys.customer AS customer,
        journeys.journey_id AS journey_id,
        journeys.order_id AS order_id,
        assumeNotNull(journeys.purchased_at) AS purchased_at,
        journeys.currency AS currency,
        ifNull(journeys.value, 0) AS value,
        journeys.outcome AS outcome,
        -- (campaign, seconds before the order), oldest first
        arrayMap(
            touch -> (touch.3, dateDiff('millisecond', touch.2, purchased_at) / 1000),
            arrayFilter(touch -> touch.1 <= steps.ordered, steps.touched)
        ) AS found,
        if(empty(found), [('', toFloat64(0))], found) AS touched,
        notEmpty(found) AS is_touch,
        length(touched) AS n,
        -- Half the weight for every 7 days before the order, then scaled to add up to 1
        arrayMap(touch -> exp2(-touch.2 / 604800), touched) AS decayed,
        [
            ('first', arrayMap(at -> toFloat64(at = 1), arrayEnumerate(touched))),
            ('last', arrayMap(at -> toFloat64(at = n), arrayEnumerate(touched))),
            ('linear', arrayMap(_ -> 1 / n, touched)),
            ('time_decay', arrayMap(each -> each / arraySum(decayed), decayed))
        ] AS models
    FROM cx.journeys AS journeys
    LEFT JOIN
    (
        SELECT
            journey_id,
            minIf(number, what = 'order') AS ordered,
            arraySort(groupArrayIf((number, time, campaign), what = 'touch')) AS touched
        FROM
        (
            SELECT 'order' AS what, journey_id, number, time, '' AS campaign
            FROM cx.touchpoints
            WHERE type = 'order_completed' AND journey_id != ''
            UNION ALL
            SELECT 'touch' AS what, touchpoints.journey_id, touchpoints.number, touchpoints.time, contents.campaign
            FROM cx.touchpoints AS touchpoints
            INNER JOIN
            (
                SELECT
                    type,
                    time,
                    source,
                    id,
                    argMin(concat(
                        JSONExtractString(interactions.context, 'campaign', 'source'), '/',
                        JSONExtractString(interactions.context, 'campaign', 'medium'), '/',
                        JSONExtractString(interactions.context, 'campaign', 'name')
                    ), hash) AS campaign
                FROM cx.interactions AS interactions
                WHERE position(interactions.context, '"campaign":{') > 0
                GROUP BY type, time, source, id
                HAVING argMin(JSONExtractRaw(interactions.context, 'campaign'), hash) NOT IN ('', '{}')
            ) AS contents
                ON touchpoints.type = contents.type
                AND touchpoints.time = contents.time
                AND touchpoints.source = contents.source
                AND touchpoints.id = contents.id
            WHERE touchpoints.journey_id != ''
        ) AS marked
        GROUP BY journey_id
    ) AS steps ON journeys.journey_id = steps.journey_id
    WHERE journeys.order_id != ''
) AS orders
ARRAY JOIN models AS weighed
ARRAY JOIN touched AS touch, weighed.2 AS part
GROUP BY customer, journey_id, order_id, purchased_at, currency, weighed.1 AS model, touch.1 AS campaign
COMMENT 'Which campaigns brought the orders? One row for each order, model and campaign; filter by purchased_at and model, add up weight (orders) or credited (by currency)';
