-- Calls charged by time, before and after: other calls share a machine with them.
SELECT start_ns, duration_ns, price
FROM changed
WHERE cost_basis = 'local'
UNION ALL
SELECT start_ns, duration_ns, price
FROM main.span
WHERE cost_basis = 'local' AND start_ns BETWEEN {first} AND {last} AND trace_id IN (SELECT trace_id FROM renewed);
