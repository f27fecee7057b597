-- First which sessions, from two narrow columns; then their figures. A session's place in the list is the start of
-- its newest trace, so that the newest sessions are all found in the newest traces.
WITH page AS (
    SELECT session_id, {key} AS key, hash(session_id) AS tie
    FROM trace
    WHERE session_id IS NOT NULL AND {filter}
    GROUP BY session_id
    HAVING {behind}
    ORDER BY key DESC, tie DESC
    LIMIT {limit}
)
SELECT
    session_id, any_value(page.key), any_value(page.tie), arg_min(user_id, start_ns), min(start_ns), max(start_ns),
    max(start_ns + duration_ns), count(*), sum(call_count), sum(error_count),
    list_sort(list_distinct(flatten(list(models)))), list_sort(list_distinct(flatten(list(services)))),
    sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(audio_input),
    sum(audio_output), sum(image_input), sum(cost_nano), sum(unpriced_calls),
    arg_min(input_preview, start_ns), arg_max(output_preview, start_ns)
FROM trace JOIN page USING (session_id)
WHERE {filter}
GROUP BY session_id
ORDER BY 2 DESC, 3 DESC;
