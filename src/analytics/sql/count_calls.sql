SELECT count(*)
FROM span
WHERE {filter};
