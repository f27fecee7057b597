SELECT 0, {dimensions} {sums}
FROM counted_call
WHERE {filter}
GROUP BY ALL
ORDER BY sum(cost_nano) DESC NULLS LAST, count(*) DESC
LIMIT ?;
