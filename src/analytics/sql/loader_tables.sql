-- Ids of the batch at hand, private to the loader's connection.
CREATE TEMP TABLE touched (trace_id UHUGEINT);
CREATE TEMP TABLE replaced (trace_id UHUGEINT, span_id UBIGINT);
CREATE TEMP TABLE verdict (
    trace_id UHUGEINT, span_id UBIGINT, counted BOOLEAN, counted_reason VARCHAR, twin_trace UHUGEINT, twin_span UBIGINT,
    retry BOOLEAN
);
CREATE TEMP TABLE twin_key (key UBIGINT);
CREATE TEMP TABLE bill (trace_id UHUGEINT, span_id UBIGINT, cost_nano BIGINT, cost_reason VARCHAR, price VARCHAR);
-- Minutes of machines at home whose calls are to be charged anew, because one of them or a reading of the watts has
-- come, changed or gone. Kept: it must outlive a crash.
CREATE TABLE IF NOT EXISTS due_bill (machine VARCHAR, minute BIGINT);
