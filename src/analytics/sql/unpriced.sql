SELECT {segment} AS segment, coalesce(cost_reason, 'no price'), sum(calls)::BIGINT
FROM {source}
WHERE {filter}
GROUP BY ALL;
