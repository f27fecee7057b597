-- The traces of the newest spans of a kind, and how many spans these are.
WITH newest AS (
    SELECT trace_id
    FROM span
    WHERE kind = '{kind}' AND {filter}
    ORDER BY start_ns DESC
    LIMIT {limit}
)
SELECT trace_id, start_ns, last_start_ns, span_count, (SELECT count(*) FROM newest)
FROM trace
WHERE trace_id IN (SELECT trace_id FROM newest)
ORDER BY start_ns DESC;
