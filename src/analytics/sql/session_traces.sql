-- The traces of one session as they followed each other.
SELECT {columns}
FROM trace
WHERE {filter}
ORDER BY start_ns, trace_id
LIMIT {limit};
