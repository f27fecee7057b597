-- A record has no address of its own here: every row that is like one that went from the journal.
DELETE FROM log_event
WHERE trace_id IN (SELECT trace_id FROM temp.gone_trace)
    OR EXISTS (
        SELECT 1 FROM temp.gone_log AS gone
        WHERE gone.time_ns = log_event.time_ns
            AND gone.project = log_event.project
            AND gone.trace_id IS NOT DISTINCT FROM log_event.trace_id
            AND gone.span_id IS NOT DISTINCT FROM log_event.span_id
            AND gone.service = log_event.service
            AND gone.scope = log_event.scope
            AND gone.event_name IS NOT DISTINCT FROM log_event.event_name
            AND gone.body = log_event.body
            AND gone.attributes = log_event.attributes
    )
    OR EXISTS (SELECT 1 FROM temp.gone_said AS said WHERE contains(log_event.attributes, said.text))
