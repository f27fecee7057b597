-- Of a duration that no client can mean the sum stays at the largest value.
INSERT INTO hourly_steps
SELECT
    start_ns // 3600000000000, ?, provider, model, {step}, sum(calls),
    if(sum({value}) > 9223372036854775807, 9223372036854775807, sum({value}))
FROM counted_call
WHERE {value} IS NOT NULL AND start_ns >= ? AND start_ns < ?
GROUP BY 1, 3, 4, 5
ORDER BY 1;
