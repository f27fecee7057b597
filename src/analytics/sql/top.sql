-- The largest groups of a range of time, with what they cost in the range before, which ends at `turn`.
SELECT
    {dimension},
    sum(calls) FILTER (start_ns >= {turn})::BIGINT,
    sum(errors) FILTER (start_ns >= {turn})::BIGINT,
    sum(tokens) FILTER (start_ns >= {turn}),
    sum(cost_nano) FILTER (start_ns >= {turn}),
    sum(unpriced_calls) FILTER (start_ns >= {turn})::BIGINT,
    sum(cost_nano) FILTER (start_ns < {turn})
FROM {source}
WHERE {filter}
GROUP BY 1
HAVING sum(calls) FILTER (start_ns >= {turn}) > 0
ORDER BY 5 DESC NULLS LAST, 2 DESC, 1
LIMIT 10;
