-- When calls that go have started.
SELECT DISTINCT start_ns FROM span
WHERE operation IS NOT NULL AND trace_id IN (SELECT trace_id FROM temp.gone_trace)
