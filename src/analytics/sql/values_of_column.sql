SELECT {column} AS value, count(*)
FROM trace
WHERE {column} IS NOT NULL AND {filter} AND contains(lower({column}), lower(?))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT ?;
