SELECT
    name, min(kind), min(unit), min(temporality), bool_or(monotonic), list_sort(list_distinct(list(service))),
    count(DISTINCT series), count(*), max(time_ns)
FROM metric_point
WHERE {filter}
GROUP BY name
ORDER BY name
LIMIT ?;
