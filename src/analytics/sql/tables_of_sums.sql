-- Tables that hold sums by hour or by day.
SELECT table_name, column_name
FROM duckdb_columns()
WHERE database_name = current_database()
    AND column_name IN ('hour', 'day')
    AND table_name NOT IN ('stale_hour', 'loaded')
    AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary)
