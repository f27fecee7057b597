-- Calls that are charged by the time they took, and overlap a range of it.
SELECT trace_id, span_id, start_ns, duration_ns, counted, cost_nano, price, cost_buckets
FROM span
WHERE cost_basis = 'local'
    AND start_ns BETWEEN ? AND ?
    AND start_ns::HUGEINT + greatest(duration_ns, 1) > ?;
