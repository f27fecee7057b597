-- Of the first rows of a list: how many, how many with a sort key, and the least key.
SELECT count(*), count(key), min(key)
FROM (
    SELECT {order} AS key
    FROM {table}
    WHERE {filter}
    ORDER BY key DESC NULLS LAST
    LIMIT {limit}
);
