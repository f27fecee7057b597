-- Durations in steps of 2 %, with their mean: histograms that can be added up, unlike quantiles.
SELECT {segment} AS segment, {step} AS step, count(*), avg({value})
FROM counted_call
WHERE {value} IS NOT NULL AND {filter}
GROUP BY ALL;
