SELECT value, sum(traces)::BIGINT
FROM {source}
WHERE {filter} AND contains(lower(value), lower(?))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT ?;
