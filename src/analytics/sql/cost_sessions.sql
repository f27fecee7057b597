-- First one row per session and group, then sessions per group. A session is in every group that has a call of it.
WITH session AS (
    SELECT 0 AS bucket, {dimensions} session_id, sum(cost_nano) AS cost_nano
    FROM {source}
    WHERE {filter} AND session_id IS NOT NULL
    GROUP BY ALL
)
SELECT bucket, {dimensions} count(*), sum(cost_nano)
FROM session
GROUP BY ALL;
