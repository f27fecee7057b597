INSERT INTO daily
SELECT hour // 24, dimension, value, provider, min(first_ns), max(last_ns), {kept_sums}
FROM hourly
WHERE hour BETWEEN ? AND ?
GROUP BY 1, 2, 3, 4
ORDER BY dimension;
