SELECT max(start_ns)
FROM span
WHERE start_ns >= {first} AND start_ns < {last} AND {column} IS NOT DISTINCT FROM ? AND {value} IS NOT DISTINCT FROM ?;
