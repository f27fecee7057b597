SELECT {columns}
FROM span
WHERE operation IS NOT NULL AND {filter}
ORDER BY {order} DESC NULLS LAST, trace_id DESC, span_id DESC
LIMIT {limit};
