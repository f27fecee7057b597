WITH bounds AS (SELECT min(start_ns) AS first, max(last_start_ns) AS last FROM trace WHERE trace_id = ?1)
SELECT span_id, counted, counted_reason, twin_trace, twin_span
FROM span
WHERE start_ns BETWEEN (SELECT first FROM bounds) AND (SELECT last FROM bounds)
    AND trace_id = ?1
    AND twin_trace IS NOT NULL;
