SELECT trace_id, start_ns, last_start_ns, span_count, count(*) OVER ()
FROM (FROM trace WHERE {filter} ORDER BY start_ns DESC LIMIT {limit})
ORDER BY start_ns DESC;
