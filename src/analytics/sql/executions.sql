SELECT project, execution, workflow, by_engine, trace_id, min(first_ns), max(last_ns)
FROM execution
WHERE execution IN ({ids})
GROUP BY ALL;
