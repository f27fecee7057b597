SELECT value, count(*)
FROM (SELECT unnest({column}) AS value FROM trace WHERE {filter})
WHERE contains(lower(value), lower(?))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT ?;
