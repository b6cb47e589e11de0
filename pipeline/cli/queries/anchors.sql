-- Identifiers that the interactions which carry an identifier reached first.
SELECT DISTINCT anchor AS identifier
FROM cx.interactions
WHERE has(identifiers, {identifier:String})
