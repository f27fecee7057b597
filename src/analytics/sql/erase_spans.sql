DELETE FROM span WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace)
