-- Traces from {from} until before {to} that the journal still has whole, and between which times their spans start.
-- What the journal has lost in part is left as it is: a trace must not lose spans by being read again.
CREATE OR REPLACE TEMP TABLE renewed AS
SELECT
    n.trace_id,
    least(n.start_ns, o.start_ns) AS first_ns,
    greatest(n.last_start_ns, o.last_start_ns) AS last_ns
FROM {next}.trace AS n {join} main.trace AS o ON o.trace_id = n.trace_id
WHERE n.start_ns >= {from} AND n.start_ns < {to} AND coalesce(o.span_count, 0) <= n.span_count;
