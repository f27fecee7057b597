-- Users with the figures of their traces. Only columns of fixed width are summed: a few users own all traces.
SELECT
    user_id, {key} AS key, hash(user_id) AS tie, min(start_ns), max(start_ns), count(*), count(DISTINCT session_id),
    sum(call_count), sum(error_count), count(*) FILTER (status = 'error'),
    sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(audio_input),
    sum(audio_output), sum(image_input), sum(image_output), sum(cost_nano), sum(unpriced_calls)
FROM trace
WHERE user_id IS NOT NULL AND {filter}
GROUP BY user_id
HAVING {behind}
ORDER BY key DESC, tie DESC
LIMIT {limit};
