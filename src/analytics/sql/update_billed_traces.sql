UPDATE trace
SET cost_nano = sums.cost_nano, unpriced_calls = sums.unpriced_calls
FROM (
    SELECT
        trace_id,
        if(sum(cost_nano) > 9223372036854775807, 9223372036854775807, sum(cost_nano))::BIGINT AS cost_nano,
        sum(unpriced_calls)::UBIGINT AS unpriced_calls
    FROM counted_call
    WHERE start_ns BETWEEN ? AND ? AND trace_id IN (SELECT trace_id FROM temp.bill)
    GROUP BY trace_id
) AS sums
WHERE trace.start_ns BETWEEN ? AND ? AND trace.trace_id = sums.trace_id;
