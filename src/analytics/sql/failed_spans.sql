SELECT
    trace_id, span_id, parent_id, start_ns, name, kind, service, model, tool_name, node, error_type, status_message
FROM span
WHERE status = 'error' AND {filter};
