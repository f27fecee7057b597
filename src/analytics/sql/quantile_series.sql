-- A quantile is the mean of the 2 % step in which it falls: exact for few calls, within 1 % for many, and several
-- times faster than a digest. The row with bucket NULL is the total of a line.
WITH edge (bucket, lo, hi) AS (VALUES {edges}),
unit AS (SELECT bucket, unnest(range(lo, hi)) AS unit FROM edge),
histogram AS (
    SELECT bucket, {line} AS line, {step} AS step, count(*) AS calls, avg({value}) AS mean
    FROM {table} JOIN unit ON start_ns // CAST(? AS BIGINT) = unit.unit
    WHERE {value} IS NOT NULL AND {filter}
    GROUP BY GROUPING SETS ((bucket, line, step), (line, step))
),
climb AS (
    SELECT
        *,
        sum(calls) OVER (PARTITION BY bucket, line ORDER BY step) AS reached,
        sum(calls) OVER (PARTITION BY bucket, line) AS total
    FROM histogram
)
SELECT bucket, line, min_by(mean, step) FILTER (reached >= {quantile} * total) / 1e6
FROM climb
GROUP BY bucket, line;
