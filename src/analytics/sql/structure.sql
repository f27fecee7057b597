SELECT
    trace_id, span_id, parent_id, start_ns, duration_ns, name, kind, agent, tool_name, status = 'error',
    CASE WHEN counted THEN cost_nano END
FROM span
WHERE {filter};
