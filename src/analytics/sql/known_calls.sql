-- The other columns are read last, and only of what is asked for. Of 150 among 360,000 spans, in milliseconds of processor
-- time: 3.9; as a plain condition on the rows 7.3; with starts and ids as parameters of their own 23.
SELECT trace_id, span_id, dialect, environment, feature, team, prompt_name, prompt_version, session_id, user_id,
    workflow, node, agent, tags, cost_nano, cost_reason, counted, counted_reason
FROM span
WHERE rowid IN (
    SELECT rowid
    FROM span
    WHERE start_ns BETWEEN ? AND ? AND operation IS NOT NULL AND span_id IN (SELECT unnest(?::UBIGINT[]))
);
