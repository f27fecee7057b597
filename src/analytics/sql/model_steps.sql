SELECT provider, model, {step} AS step, count(*), avg({value})
FROM counted_call
WHERE {value} IS NOT NULL AND {filter}
GROUP BY ALL;
