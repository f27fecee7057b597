SELECT {columns}
FROM span
WHERE start_ns IN ({starts}) AND trace_id IN ({ids});
