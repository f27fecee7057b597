project, trace_id, start_ns, duration_ns, last_start_ns, name, kind, service, services, status, span_count, call_count,
error_count, models, providers, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input,
audio_output, image_input, image_output, cost_nano, unpriced_calls, environment, feature, team, session_id, user_id, workflow, agent,
tags, input_preview, output_preview
