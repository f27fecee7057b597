SELECT trace_id, span_id, dialect, environment, feature, team, prompt_name, prompt_version, session_id, user_id,
    workflow, node, agent, tags, cost_nano, cost_reason, counted, counted_reason
FROM span
WHERE start_ns IN ({starts}) AND span_id IN ({ids}) AND operation IS NOT NULL;
