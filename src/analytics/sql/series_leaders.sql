SELECT {dimension}
FROM {table}
WHERE {filter}
GROUP BY 1
ORDER BY {rank} DESC NULLS LAST, {count} DESC, 1
LIMIT ?;
