-- Their spans as they are to be, in the order in which the loader writes: see `merge`. A preview whose text the
-- journal no longer has stays.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT {list}
FROM
    (SELECT * FROM {next}.span WHERE start_ns BETWEEN {first} AND {last} AND trace_id IN (SELECT trace_id FROM renewed)) AS n
    {join}
    (SELECT * FROM main.span WHERE start_ns BETWEEN {first} AND {last} AND trace_id IN (SELECT trace_id FROM renewed)) AS o
    ON o.trace_id = n.trace_id AND o.span_id = n.span_id
    JOIN renewed AS r ON r.trace_id = coalesce(n.trace_id, o.trace_id)
ORDER BY r.first_ns, r.trace_id, coalesce(n.start_ns, o.start_ns), coalesce(n.span_id, o.span_id);
CREATE OR REPLACE TEMP TABLE changed_hour AS
SELECT DISTINCT start_ns // {unit} AS hour
FROM (
    SELECT start_ns FROM changed WHERE operation IS NOT NULL
    UNION ALL
    SELECT start_ns FROM main.span
    WHERE start_ns BETWEEN {first} AND {last} AND operation IS NOT NULL AND trace_id IN (SELECT trace_id FROM renewed)
    UNION ALL
    SELECT first_ns FROM renewed
    UNION ALL
    SELECT start_ns FROM {next}.trace WHERE start_ns >= {from} AND start_ns < {to}
);
