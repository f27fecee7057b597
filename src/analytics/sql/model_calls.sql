-- Failed calls by the kind of error ('' where none is told), and in a row with NULL those that went well; each with what
-- the amount of its newest call rests on.
SELECT
    provider, model, CASE WHEN status = 'error' THEN coalesce(error_type, '') END, sum(calls)::BIGINT,
    max(start_ns), arg_max(cost_basis, start_ns)
FROM counted_call
WHERE {filter}
GROUP BY ALL;
