SELECT {columns}
FROM trace
WHERE {filter}
ORDER BY {order} DESC NULLS LAST, trace_id DESC
{at_most};
