SELECT {columns}
FROM span
WHERE trace_id IN ({ids});
