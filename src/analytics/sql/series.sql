WITH {units}
SELECT bucket, {line} AS line, CAST({metric} AS DOUBLE)
FROM {table} JOIN unit ON start_ns // {unit} = unit.unit
WHERE {filter}
GROUP BY ALL;
