UPDATE span
SET
    counted = verdict.counted,
    counted_reason = verdict.counted_reason,
    twin_trace = verdict.twin_trace,
    twin_span = verdict.twin_span,
    retry = verdict.retry
FROM temp.verdict AS verdict
WHERE span.start_ns BETWEEN ? AND ?
    AND span.trace_id = verdict.trace_id
    AND span.span_id = verdict.span_id;
