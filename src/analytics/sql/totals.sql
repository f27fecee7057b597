SELECT {segment} AS segment, {sums}
FROM {source}
WHERE {filter}
GROUP BY 1;
