SELECT session_id, {key} AS key, hash(session_id) AS tie
FROM trace
WHERE session_id IS NOT NULL AND {filter}
GROUP BY session_id
HAVING {behind}
ORDER BY key DESC, tie DESC
LIMIT {limit};
