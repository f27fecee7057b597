-- Groups of two ranges of time that follow each other, where what was paid has changed most.
WITH sides AS (
    SELECT
        {dimensions}
        sum(calls) FILTER (start_ns >= {turn}) AS calls,
        sum(cost_nano) FILTER (start_ns >= {turn}) AS cost,
        sum(unpriced_calls) FILTER (start_ns >= {turn}) AS unpriced,
        sum(calls) FILTER (start_ns < {turn}) AS calls_before,
        sum(cost_nano) FILTER (start_ns < {turn}) AS cost_before,
        sum(unpriced_calls) FILTER (start_ns < {turn}) AS unpriced_before
    FROM {source}
    WHERE {filter}
    GROUP BY ALL
)
SELECT *
FROM sides
ORDER BY abs(coalesce(cost, 0) - coalesce(cost_before, 0)) DESC, greatest(calls, calls_before) DESC, {dimensions} calls
LIMIT ?;
