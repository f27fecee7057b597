-- The sort keys of the first rows of a list, largest first.
SELECT {order} AS key
FROM {table}
WHERE {filter}
ORDER BY key DESC NULLS LAST
LIMIT {limit};
