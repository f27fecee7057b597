-- Edges of calendar time come from outside; a call finds its bucket by whole units (hours, mostly) in a small hash table.
WITH edge (bucket, lo, hi) AS (VALUES {edges}),
unit AS (SELECT bucket, unnest(range(lo, hi)) AS unit FROM edge)
SELECT bucket, {dimensions} {sums}
FROM {source} JOIN unit ON start_ns // CAST(? AS BIGINT) = unit.unit
WHERE {filter}
GROUP BY ALL
ORDER BY bucket, sum(cost_nano) DESC NULLS LAST, sum(calls) DESC, {dimensions} 1
LIMIT ?;
