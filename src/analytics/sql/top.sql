SELECT
    {dimension}, count(*), count(*) FILTER (status = 'error'), sum(tokens), sum(cost_nano), count(*) FILTER (unpriced)
FROM counted_call
WHERE {filter}
GROUP BY 1
ORDER BY 5 DESC NULLS LAST, 2 DESC, 1
LIMIT 10;
