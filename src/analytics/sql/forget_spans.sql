-- After forget_traces: the traces that are left and began before are the few that go on.
DELETE FROM span
WHERE start_ns BETWEEN 1 AND ?1 AND trace_id NOT IN (SELECT trace_id FROM trace WHERE start_ns <= ?1)
