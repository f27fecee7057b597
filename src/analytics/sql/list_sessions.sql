-- The figures of the sessions of a page.
WITH page (session_id, key, tie) AS (VALUES {page})
SELECT
    session_id, any_value(page.key), any_value(page.tie), arg_min(user_id, start_ns), min(start_ns), max(start_ns),
    max(start_ns + duration_ns), count(*), sum(call_count), sum(error_count),
    list_sort(list_distinct(flatten(list(models)))), list_sort(list_distinct(flatten(list(services)))),
    sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(audio_input),
    sum(audio_output), sum(image_input), sum(image_output), sum(cost_nano), sum(unpriced_calls),
    arg_min(input_preview, start_ns), arg_max(output_preview, start_ns)
FROM trace JOIN page USING (session_id)
WHERE {filter}
GROUP BY session_id
ORDER BY 2 DESC, 3 DESC;
