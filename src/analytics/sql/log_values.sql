SELECT {column}, count(*)
FROM log_event
WHERE {filter} AND {column} IS NOT NULL
GROUP BY ALL
ORDER BY count(*) DESC, {column}
LIMIT {limit};
