-- The newest sessions, from the newest traces alone: a session's place is the start of its newest trace. Complete down
-- to the oldest of these traces, which is told when there may be more.
WITH recent AS (
    SELECT session_id, start_ns
    FROM trace
    WHERE session_id IS NOT NULL AND {filter} AND start_ns <= ?
    ORDER BY start_ns DESC
    LIMIT {most}
),
reached AS (SELECT if(count(*) < {most}, CAST(-9223372036854775808 AS BIGINT), min(start_ns)) AS until FROM recent)
SELECT session_id, max(start_ns) AS key, hash(session_id) AS tie, (SELECT until FROM reached)
FROM recent
WHERE session_id NOT IN (SELECT session_id FROM trace WHERE session_id IS NOT NULL AND {filter} AND start_ns > ?)
GROUP BY session_id
HAVING key > (SELECT until FROM reached) AND {behind}
ORDER BY key DESC, tie DESC
LIMIT {limit};
