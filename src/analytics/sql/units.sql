edge AS (SELECT {starts} AS starts),
piece AS (
    SELECT
        unnest(range(len(starts) - 1)) AS bucket,
        unnest(starts[1:len(starts) - 1]) AS lo,
        unnest(starts[2:len(starts)]) AS hi
    FROM edge
),
unit AS (SELECT bucket, unnest(range(lo, hi)) AS unit FROM piece)
