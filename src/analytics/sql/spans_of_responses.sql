SELECT response_id, trace_id, span_id
FROM span
WHERE start_ns BETWEEN ? AND ? AND dialect <> 'genai_event' AND response_id IN ({ids});
