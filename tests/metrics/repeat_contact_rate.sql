SELECT
    toStartOfMinute(time) AS window,
    channel,
    source,
    '' AS currency,
    countIf(arrayExists(each -> each.1 < at AND dateDiff('millisecond', each.2, time) <= 7 * 86400000 AND hasAny(each.3, matters), starts)) AS numerator,
    count() AS denominator,
    denominator AS n
FROM contacts LEFT JOIN contacts_of ON contacts.customer = contacts_of.customer
GROUP BY window, channel, source, currency
