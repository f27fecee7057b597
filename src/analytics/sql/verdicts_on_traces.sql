-- What was said later about traces.
SELECT trace_id, attributes
FROM log_event
WHERE trace_id IS NOT NULL AND time_ns >= ? AND event_name IN ('gen_ai.evaluation.result', 'feedback_survey', 'user_feedback')
