SELECT DISTINCT trace_id, home
FROM joined
WHERE trace_id IN (SELECT unnest(?::UHUGEINT[])) OR home IN (SELECT unnest(?::UHUGEINT[]));
