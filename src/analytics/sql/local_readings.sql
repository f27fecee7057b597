SELECT time_ns, coalesce(value, int_value), attributes
FROM metric_point
WHERE name = ? AND service = ? AND time_ns BETWEEN ? AND ?;
