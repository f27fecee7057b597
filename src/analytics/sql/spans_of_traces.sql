SELECT {columns}
FROM span
WHERE start_ns BETWEEN ? AND ? AND trace_id IN ({ids});
