SELECT {columns}
FROM span
WHERE operation IS NOT NULL AND {filter}
ORDER BY {key} DESC, trace_id DESC, span_id DESC
LIMIT ?;
