-- What the spans of some traces are about, and the longest call of each model.
SELECT
    trace_id, service, session_id, user_id, prompt_name, prompt_version, provider, model,
    coalesce(bool_or(kind = 'tool' AND status = 'error'), false),
    max(duration_ns) FILTER (counted)
FROM span
WHERE start_ns BETWEEN {first} AND {last} AND trace_id IN ({ids})
GROUP BY ALL;
