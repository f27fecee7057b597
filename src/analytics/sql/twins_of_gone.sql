-- Traces with a call that stood back behind one that goes, or counted in its place.
SELECT DISTINCT trace_id
FROM span
WHERE twin_trace IN (SELECT trace_id FROM temp.gone_trace)
    AND trace_id NOT IN (SELECT trace_id FROM temp.gone_trace)
