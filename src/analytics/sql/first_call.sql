SELECT min(first_ns)
FROM {source}
WHERE {filter};
