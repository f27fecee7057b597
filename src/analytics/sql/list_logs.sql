SELECT seq, time_ns, trace_id, span_id, severity_number, severity, service, scope, event_name, body, attributes
FROM log_event
WHERE {filter}
ORDER BY time_ns DESC, seq DESC
LIMIT ?;
