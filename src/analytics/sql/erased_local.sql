SELECT start_ns, duration_ns, price
FROM span
WHERE cost_basis = 'local' AND trace_id IN (SELECT trace_id FROM temp.gone_trace);
