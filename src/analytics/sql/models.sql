SELECT provider, model, max(last_ns), {sums}
FROM {source}
WHERE {filter}
GROUP BY ALL;
