-- Their rows in `trace`. What a trace cost is the sum of its spans, of which some may keep their cost.
CREATE OR REPLACE TEMP TABLE changed_trace AS
SELECT
    {whose}.* REPLACE (
        c.cost_nano AS cost_nano,
        c.unpriced_calls AS unpriced_calls,
        coalesce(n.input_preview, o.input_preview) AS input_preview,
        coalesce(n.output_preview, o.output_preview) AS output_preview
    )
FROM
    (SELECT * FROM {next}.trace WHERE start_ns BETWEEN {first} AND {last}) AS n
    {join} (SELECT * FROM main.trace WHERE start_ns BETWEEN {first} AND {last}) AS o ON o.trace_id = n.trace_id
    JOIN (
        SELECT
            trace_id,
            sum(cost_nano) FILTER (counted)::BIGINT AS cost_nano,
            -- Failed calls without tokens cost nothing, see `summary`.
            count(*) FILTER (counted AND cost_nano IS NULL AND NOT (status = 'error' AND input IS NULL))::UBIGINT AS unpriced_calls
        FROM changed
        GROUP BY trace_id
    ) AS c ON c.trace_id = n.trace_id
WHERE n.trace_id IN (SELECT trace_id FROM renewed)
ORDER BY n.start_ns, n.trace_id;
