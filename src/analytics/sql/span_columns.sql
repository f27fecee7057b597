project, trace_id, span_id, parent_id, start_ns, duration_ns, name, kind, service, scope, dialect, status, status_message, error_type,
environment, feature, team, prompt_name, prompt_version, session_id, user_id, workflow, node, agent, tags, tool_name,
input_preview, output_preview, operation, provider, request_model, response_model, response_id, streaming, ttft_ns,
finish_reasons, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output,
image_input, image_output, cost_nano, cost_basis, cost_reason, reported_nano, price, cost_buckets, counted, counted_reason, own_reason,
twin_trace, twin_span, inherited, retry
