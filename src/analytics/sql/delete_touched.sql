DELETE FROM trace
WHERE start_ns BETWEEN ? AND ? AND trace_id IN (SELECT trace_id FROM temp.touched);
