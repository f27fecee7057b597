SELECT time_ns // {unit} AS step, severity_number, count(*)
FROM log_event
WHERE {filter}
GROUP BY ALL
ORDER BY step;
