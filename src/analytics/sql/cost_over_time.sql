WITH {units}
SELECT bucket, {dimensions} {sums}
FROM {source} JOIN unit ON start_ns // {unit} = unit.unit
WHERE {filter}
GROUP BY ALL
ORDER BY bucket, sum(cost_nano) DESC NULLS LAST, sum(calls) DESC, {dimensions} 1
LIMIT ?;
