-- Traces that ended well, and were neither slow for their name nor expensive for their day. A quantile of equal values
-- is that value, so nothing is above it.
WITH candidate AS (
    SELECT trace_id, name, start_ns // 86400000000000 AS day, duration_ns, cost_nano, status = 'error' OR error_count > 0 AS failed
    FROM trace
    WHERE start_ns >= ? AND start_ns < ?
),
usual AS (
    SELECT name, day, quantile_cont(duration_ns, 0.95) AS slow FROM candidate GROUP BY name, day
),
paid AS (
    SELECT day, quantile_cont(cost_nano, 0.95) AS dear FROM candidate WHERE cost_nano > 0 GROUP BY day
)
SELECT trace_id
FROM candidate
JOIN usual USING (name, day)
LEFT JOIN paid USING (day)
WHERE NOT failed
    AND duration_ns <= slow
    AND duration_ns < ?
    AND (coalesce(cost_nano, 0) = 0 OR cost_nano <= dear)
    AND coalesce(cost_nano, 0) < ?
