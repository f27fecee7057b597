SELECT {segment} AS segment, {sums}
FROM counted_call
WHERE {filter}
GROUP BY 1;
