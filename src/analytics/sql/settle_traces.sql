INSERT INTO hourly BY NAME
SELECT start_ns // 3600000000000 AS hour, ? AS dimension, value, count(*) AS calls
FROM {source}
WHERE start_ns >= ? AND start_ns < ?
GROUP BY 1, 3
ORDER BY 1;
