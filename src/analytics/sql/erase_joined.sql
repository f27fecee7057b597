DELETE FROM execution
WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace) OR trace_id IN (
    SELECT trace_id FROM joined WHERE home IN (SELECT trace_id FROM temp.gone_trace)
);
DELETE FROM joined
WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace) OR home IN (SELECT trace_id FROM temp.gone_trace);
