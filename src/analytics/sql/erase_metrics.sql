DELETE FROM metric_point
WHERE EXISTS (
    SELECT 1 FROM temp.gone_metric AS gone
    WHERE gone.time_ns = metric_point.time_ns
        AND gone.project = metric_point.project
        AND gone.name = metric_point.name
        AND gone.service = metric_point.service
        AND gone.scope = metric_point.scope
        AND gone.attributes = metric_point.attributes
)
    OR EXISTS (SELECT 1 FROM temp.gone_said AS said WHERE contains(metric_point.attributes, said.text))
