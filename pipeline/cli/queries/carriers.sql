-- Customers of the interactions that carry an identifier. Reads the whole archive.
SELECT DISTINCT touchpoint.customer AS identifier
FROM cx.touchpoints AS touchpoint
INNER JOIN cx.interactions AS interaction
    ON touchpoint.source = interaction.source AND touchpoint.id = interaction.id
WHERE has(interaction.identifiers, {identifier:String})
ORDER BY identifier
