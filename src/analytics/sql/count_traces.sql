SELECT {segment} AS segment, count(*)
FROM trace
WHERE {filter}
GROUP BY 1;
