-- Small row groups: each is in memory whole while it is written.
COPY (
    SELECT
        make_timestamp_ns(start_ns) AS start_time,
        duration_ns / 1e6 AS duration_ms,
        printf('%032x', trace_id) AS trace_id,
        printf('%016x', span_id) AS span_id,
        name, service, environment, feature, team, user_id AS "user", session_id AS "session", workflow, node, agent,
        prompt_name, prompt_version, array_to_string(tags, ', ') AS tags,
        operation, provider, request_model, response_model, response_id, streaming,
        ttft_ns / 1e6 AS time_to_first_token_ms,
        status, error_type, counted, counted_reason,
        input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, image_input,
        image_output,
        cost_nano / 1e9 AS cost_usd, cost_nano,
        if(cost_basis = 'local' AND cost_nano IS NULL, 'unknown', cost_basis) AS cost_basis, cost_reason, reported_nano, saved_nano AS cache_saved_nano,
        price ->> '$[0]' AS price_provider, price ->> '$[1]' AS price_model
    FROM span
    WHERE {filter}
) TO {file} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480);
