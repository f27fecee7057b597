SELECT {points}
FROM metric_point
WHERE {filter}
ORDER BY time_ns DESC, seq DESC
LIMIT ?;
