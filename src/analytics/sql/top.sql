SELECT
    {dimension}, sum(calls)::BIGINT, sum(errors)::BIGINT, sum(tokens), sum(cost_nano), sum(unpriced_calls)::BIGINT
FROM {source}
WHERE {filter}
GROUP BY 1
ORDER BY 5 DESC NULLS LAST, 2 DESC, 1
LIMIT 10;
