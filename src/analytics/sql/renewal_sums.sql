-- What calls from {from} until before {to} come to, by model.
SELECT
    coalesce(model, ''),
    count(*) FILTER (counted),
    sum(input + cache_read + cache_write_5m + cache_write_1h + audio_input + image_input) FILTER (counted)::BIGINT,
    sum(output + reasoning + audio_output + image_output) FILTER (counted)::BIGINT,
    sum(cost_nano) FILTER (counted)::BIGINT,
    count(*) FILTER (counted AND cost_nano IS NULL AND NOT (status = 'error' AND input IS NULL))
FROM main.span
WHERE operation IS NOT NULL AND start_ns >= {from} AND start_ns < {to}
GROUP BY 1;
