-- What the spans of some traces are about, and the longest call of each model. The wide columns are read last, see
-- known_calls.sql.
SELECT
    trace_id, service, session_id, user_id, prompt_name, prompt_version, provider, model,
    coalesce(bool_or(kind = 'tool' AND status = 'error'), false),
    max(duration_ns) FILTER (counted)
FROM span
WHERE rowid IN (
    SELECT rowid FROM span WHERE start_ns BETWEEN ? AND ? AND trace_id IN (SELECT unnest(?::UHUGEINT[]))
)
GROUP BY ALL;
