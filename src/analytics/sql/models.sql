SELECT provider, model, max(start_ns), {sums}
FROM counted_call
WHERE {filter}
GROUP BY ALL;
