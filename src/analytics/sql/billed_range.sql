SELECT min(start_ns), max(last_start_ns)
FROM trace
WHERE trace_id IN (SELECT trace_id FROM temp.bill);
