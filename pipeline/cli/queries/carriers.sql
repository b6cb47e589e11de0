-- Customers of the interactions that carry an identifier. Reads the whole archive.
SELECT DISTINCT customer AS identifier
FROM cx.touchpoints
WHERE (source, id) IN (SELECT source, id FROM cx.interactions WHERE has(identifiers, {identifier:String}))
ORDER BY identifier
