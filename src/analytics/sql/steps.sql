-- Durations in steps of 2 %, with their mean: histograms that can be added up, unlike quantiles.
SELECT {group}, measure = 'ttft' AS first_token, step, sum(calls)::BIGINT, sum(total)::DOUBLE / sum(calls)
FROM {source}
WHERE {filter}
GROUP BY ALL;
