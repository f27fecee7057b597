SELECT {columns}
FROM span
WHERE start_ns BETWEEN ? AND ? AND twin_key IN (SELECT key FROM temp.twin_key) AND (counted OR twin_trace IS NOT NULL);
