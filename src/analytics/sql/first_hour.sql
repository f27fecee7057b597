-- Rows may be those of an hour or a day, and count for its beginning.
SELECT min(start_ns)
FROM {source}
WHERE {filter};
