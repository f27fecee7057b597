-- When what goes has started: the hours of its sums.
SELECT DISTINCT start_ns FROM span WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace)
UNION
SELECT start_ns FROM trace WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace)
