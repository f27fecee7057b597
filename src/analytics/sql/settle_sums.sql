-- Sums that no client can mean stay at the largest value; what nobody told stays NULL.
INSERT INTO {table}
SELECT start_ns // {unit}, ?, {value}, {provider}, {first}, {last}, {kept_sums}
FROM {calls}
WHERE {condition} AND start_ns >= ? AND start_ns < ?
GROUP BY 1, 3, 4
ORDER BY 1;
