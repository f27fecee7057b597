-- On which days since the epoch (UTC) models were called. Rows may be those of a day, which begin it.
SELECT provider, model, start_ns // 86400000000000, min(first_ns), max(last_ns)
FROM {source}
WHERE {filter}
GROUP BY ALL;
