-- The row with bucket NULL is the total of a line.
WITH edge (bucket, lo, hi) AS (VALUES {edges}),
unit AS (SELECT bucket, unnest(range(lo, hi)) AS unit FROM edge)
SELECT bucket, {line} AS line, CAST({metric} AS DOUBLE)
FROM {table} JOIN unit ON start_ns // CAST(? AS BIGINT) = unit.unit
WHERE {filter}
GROUP BY GROUPING SETS ((bucket, line), (line));
