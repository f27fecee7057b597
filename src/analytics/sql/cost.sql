SELECT 0, {dimensions} {sums}
FROM {source}
WHERE {filter}
GROUP BY ALL
ORDER BY sum(cost_nano) DESC NULLS LAST, sum(calls) DESC, {dimensions} 1
LIMIT ?;
