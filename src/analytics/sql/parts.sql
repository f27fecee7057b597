-- Spans of a kind by name, kind of error (NULL for those that went well) and step of 2 % of their duration.
SELECT
    {column}, CASE WHEN status = 'error' THEN coalesce(error_type, '') END AS error, {step} AS step,
    count(*), sum(duration_ns)::DOUBLE, max(start_ns)
FROM span
WHERE kind = '{kind}' AND {filter}
GROUP BY ALL;
