-- The largest groups of each dimension in a range of time, with what they cost in the range before, which ends at `turn`.
WITH groups AS (
    SELECT
        dimension,
        value,
        sum(calls) FILTER (start_ns >= {turn})::BIGINT AS counted,
        sum(errors) FILTER (start_ns >= {turn})::BIGINT,
        sum(tokens) FILTER (start_ns >= {turn}),
        sum(cost_nano) FILTER (start_ns >= {turn}) AS cost,
        sum(unpriced_calls) FILTER (start_ns >= {turn})::BIGINT,
        sum(cost_nano) FILTER (start_ns < {turn})
    FROM {source}
    WHERE {filter}
    GROUP BY dimension, value
)
SELECT *
FROM groups
WHERE counted > 0
QUALIFY row_number() OVER (PARTITION BY dimension ORDER BY cost DESC NULLS LAST, counted DESC, value) <= 10
ORDER BY cost DESC NULLS LAST, counted DESC, value;
