-- Runs by workflow, outcome and step of 2 % of their duration.
SELECT
    {column} AS workflow, workflow IS NOT NULL AS told, status = 'error' AS failed, {step} AS step,
    count(*), sum(duration_ns)::DOUBLE, max(start_ns), arg_max(service, start_ns),
    sum(call_count), sum(unpriced_calls), sum(cost_nano), count(cost_nano)
FROM trace
WHERE {column} IS NOT NULL AND {filter}
GROUP BY ALL;
