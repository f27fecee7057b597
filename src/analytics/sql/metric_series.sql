SELECT {points}
FROM metric_point
WHERE {filter}
ORDER BY series, time_ns, start_ns, seq
LIMIT ?;
