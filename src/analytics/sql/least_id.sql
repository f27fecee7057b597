-- Of rows with the same sort key, the id of the last that a page has room for.
SELECT min(trace_id)
FROM (
    SELECT trace_id
    FROM {table}
    WHERE {filter}
    ORDER BY trace_id DESC
    LIMIT {limit}
);
