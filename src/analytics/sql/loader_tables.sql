-- Ids of the batch at hand, private to the loader's connection.
CREATE TEMP TABLE touched (trace_id UHUGEINT);
CREATE TEMP TABLE replaced (trace_id UHUGEINT, span_id UBIGINT);
CREATE TEMP TABLE verdict (
    trace_id UHUGEINT, span_id UBIGINT, counted BOOLEAN, counted_reason VARCHAR, twin_trace UHUGEINT, twin_span UBIGINT
);
CREATE TEMP TABLE twin_key (key UBIGINT);
