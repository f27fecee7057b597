SELECT {columns}
FROM span
WHERE {filter}
ORDER BY {order} DESC NULLS LAST, trace_id DESC, span_id DESC
{at_most};
