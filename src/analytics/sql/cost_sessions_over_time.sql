-- First one row per session, group and bucket, then sessions per group and bucket.
WITH {units},
session AS (
    SELECT bucket, {dimensions} session_id, sum(cost_nano) AS cost_nano
    FROM {source} JOIN unit ON start_ns // {unit} = unit.unit
    WHERE {filter} AND session_id IS NOT NULL
    GROUP BY ALL
)
SELECT bucket, {dimensions} count(*), sum(cost_nano)
FROM session
GROUP BY ALL;
