CREATE OR REPLACE VIEW cx.touchpoint_contents
(
    customer String COMMENT 'The resolved person',
    time DateTime64(3, 'UTC') COMMENT 'When it happened, corrected for the sender''s clock',
    type LowCardinality(String) COMMENT 'What happened, such as order_completed',
    source LowCardinality(String) COMMENT 'System that published it',
    id String COMMENT 'Id of the interaction, unique within the source',
    channel LowCardinality(String) COMMENT 'Where the customer stood',
    passive UInt8 COMMENT '1 where the customer neither did nor saw it at that moment',
    session_id String COMMENT 'Session that it lies in; empty for none',
    journey_id String COMMENT 'Journey that it is a step of; empty for none',
    number UInt32 COMMENT 'Number of the step within its journey, from 1; 0 where it is no step',
    identifiers Array(String) COMMENT 'kind:value, strongest first; personal values are hashed',
    context String COMMENT 'Page, campaign, device and the like, as JSON',
    data String COMMENT 'What the type asks for, as JSON'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    touchpoints.customer AS customer,
    touchpoints.time AS time,
    touchpoints.type AS type,
    touchpoints.source AS source,
    touchpoints.id AS id,
    touchpoints.channel AS channel,
    touchpoints.passive AS passive,
    touchpoints.session_id AS session_id,
    touchpoints.journey_id AS journey_id,
    touchpoints.number AS number,
    contents.identifiers AS identifiers,
    contents.context AS context,
    contents.data AS data
FROM cx.touchpoints AS touchpoints
INNER JOIN
(
    -- Copies of one (source, id) with one corrected time: the smaller hash is the interaction
    SELECT
        type,
        time,
        source,
        id,
        argMin(interactions.identifiers, hash) AS identifiers,
        argMin(interactions.context, hash) AS context,
        argMin(interactions.data, hash) AS data
    FROM cx.interactions AS interactions
    GROUP BY type, time, source, id
) AS contents
    ON touchpoints.type = contents.type
    AND touchpoints.time = contents.time
    AND touchpoints.source = contents.source
    AND touchpoints.id = contents.id
COMMENT 'Each touchpoint with what its interaction says: one row for each touchpoint; filter by type and time';

CREATE OR REPLACE VIEW cx.survey_answers
(
    customer String COMMENT 'The resolved person',
    time DateTime64(3, 'UTC') COMMENT 'When it was answered',
    survey_id String COMMENT 'The invitation, as survey:id',
    kind LowCardinality(String) COMMENT 'nps, csat or ces',
    score Float64 COMMENT 'Score on its scale, turned where lower is better: higher is better',
    scale_min Float64 COMMENT 'Lowest score of the scale',
    scale_max Float64 COMMENT 'Highest score of the scale',
    satisfied UInt8 COMMENT '1 for a promoter (nps 9 and 10), else for the top two boxes, the top one on fewer than four points',
    dissatisfied UInt8 COMMENT '1 for a detractor (nps 0 to 6), else for the bottom two boxes, the bottom one on fewer than five points',
    about_type LowCardinality(String) COMMENT 'What the survey is about, such as order',
    about_id String COMMENT 'Id of what it is about',
    channel LowCardinality(String) COMMENT 'Channel of what it is about: where the order, ticket, call or chat began; else the channel that about_type names; else where it was answered',
    session_id String COMMENT 'Session in which it was answered; empty for none',
    journey_id String COMMENT 'Journey of the answer; empty for none'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    customer,
    max(answered.time) AS time,
    survey_id,
    argMax(answered.kind, place) AS kind,
    argMax(answered.score, place) AS score,
    argMax(answered.scale_min, place) AS scale_min,
    argMax(answered.scale_max, place) AS scale_max,
    if(kind = 'nps', score >= 9, score >= scale_max - (scale_max - scale_min + 1 >= 4)) AS satisfied,
    if(kind = 'nps', score <= 6, score <= scale_min + (scale_max - scale_min + 1 >= 5)) AS dissatisfied,
    argMax(answered.about_type, place) AS about_type,
    argMax(answered.about_id, place) AS about_id,
    argMax(answered.channel, place) AS channel,
    argMax(answered.session_id, place) AS session_id,
    argMax(answered.journey_id, place) AS journey_id
FROM
(
    SELECT
        customer,
        answer.1 AS place,
        answer.1.1 AS time,
        answer.2 AS identifiers,
        answer.3 AS data,
        answer.5 AS session_id,
        answer.6 AS journey_id,
        arrayFirst(each -> startsWith(each, 'survey:'), identifiers) AS carried,
        if(carried = '', concat(place.2, '/', place.3), carried) AS survey_id,
        JSONExtractString(data, 'kind') AS kind,
        JSONExtractFloat(data, 'score') AS given,
        JSONExtractFloat(data, 'scale_min') AS scale_min,
        JSONExtractFloat(data, 'scale_max') AS scale_max,
        if(kind != 'nps' AND JSONExtractString(data, 'polarity') = 'lower_is_better',
            scale_min + scale_max - given, given) AS score,
        JSONExtractString(data, 'about_type') AS about_type,
        JSONExtractString(data, 'about_id') AS about_id,
        multiIf(
            began != '', began,
            about_type IN ('web', 'app', 'store', 'phone', 'email', 'chat', 'sms', 'social', 'mail'), about_type,
            answer.4
        ) AS channel
    FROM
    (
        -- One pass: what began with each thing, and the answers about it
        SELECT
            customer,
            arrayJoin(if(
                type = 'survey_answered',
                [concat(JSONExtractString(data, 'about_type'), ':', JSONExtractString(data, 'about_id'))],
                arrayFilter(each -> match(each, '^(order|ticket|contact|conversation):'), identifiers)
            )) AS thing,
            argMinIf(channel, (time, source, id), type != 'survey_answered') AS began,
            groupArrayIf(
                ((time, source, id), identifiers, data, channel, session_id, journey_id), type = 'survey_answered'
            ) AS answers
        FROM cx.touchpoint_contents
        WHERE type IN (
            'survey_answered', 'order_completed', 'contact_initiated', 'conversation_started', 'ticket_created'
        )
        GROUP BY customer, thing
    ) AS things
    ARRAY JOIN answers AS answer
) AS answered
WHERE given BETWEEN answered.scale_min AND answered.scale_max
    AND (answered.kind != 'nps' OR (answered.scale_min = 0 AND answered.scale_max = 10))
-- Of several answers to one survey only the last on its scale exists
GROUP BY customer, survey_id
COMMENT 'How satisfied were customers, and with what? One row for each customer and survey: the last answer that lies on its scale; filter by time';

CREATE OR REPLACE VIEW cx.orders
(
    customer String COMMENT 'The resolved person',
    purchased_at DateTime64(3, 'UTC') COMMENT 'Time of the order',
    journey_id String COMMENT 'Journey of the order; each order has one of its own',
    order_id String COMMENT 'The order',
    channel LowCardinality(String) COMMENT 'Channel on which it was completed',
    source LowCardinality(String) COMMENT 'System that published it',
    session_id String COMMENT 'Session in which it was completed; empty for none',
    outcome LowCardinality(String) COMMENT 'What became of it: purchased, cancelled or refunded',
    value Int64 COMMENT 'Revenue in minor units, before refunds',
    currency LowCardinality(String) COMMENT 'Currency of the value'
)
DEFINER = ${DEFINER} SQL SECURITY DEFINER
AS SELECT
    journeys.customer AS customer,
    assumeNotNull(journeys.purchased_at) AS purchased_at,
    journeys.journey_id AS journey_id,
    journeys.order_id AS order_id,
    completed.channel AS channel,
    completed.source AS source,
    completed.session_id AS session_id,
    journeys.outcome AS outcome,
    ifNull(journeys.value, 0) AS value,
    journeys.currency AS currency
FROM cx.journeys AS journeys
INNER JOIN
(
    -- The order is the first order_completed of its journey; later ones repeat it
    SELECT
        journey_id,
        argMin(channel, number) AS channel,
        argMin(source, number) AS source,
        argMin(session_id, number) AS session_id
    FROM cx.touchpoints
    WHERE type = 'order_completed' AND journey_id != ''
    GROUP BY journey_id
) AS completed ON journeys.journey_id = completed.journey_id
WHERE journeys.order_id != ''
COMMENT 'Who ordered what, when and where? One row for each order, cancelled and refunded ones too; filter by purchased_at';
