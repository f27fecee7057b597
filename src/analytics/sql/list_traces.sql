SELECT {columns}
FROM trace
WHERE {filter}
ORDER BY {key} DESC, trace_id DESC
LIMIT ?;
