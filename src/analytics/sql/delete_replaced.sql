DELETE FROM span
USING temp.replaced AS replaced
WHERE span.start_ns BETWEEN ? AND ?
    AND span.trace_id = replaced.trace_id
    AND span.span_id = replaced.span_id;
