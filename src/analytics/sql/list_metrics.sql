SELECT seq, time_ns, name, kind, unit, service, scope, value, count, sum, min, max, attributes
FROM metric_point
WHERE {filter}
ORDER BY time_ns DESC, seq DESC
LIMIT ?;
