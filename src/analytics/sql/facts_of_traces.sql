-- The trace of a span that starts between the two times starts before the later one, and has a span that starts after
-- the earlier one.
SELECT trace_id, start_ns, last_start_ns, duration_ns, cost_nano, span_count, status = 'error' OR error_count > 0
FROM trace
WHERE last_start_ns >= ? AND start_ns <= ? AND trace_id IN (SELECT unnest(?::UHUGEINT[]));
