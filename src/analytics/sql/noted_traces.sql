SELECT trace_id, min(first_ns), max(last_ns)
FROM log_trace
WHERE trace_id IN ({ids})
GROUP BY trace_id;
