INSERT INTO daily_steps
SELECT
    hour // 24, measure, provider, model, step, sum(calls),
    if(sum(total) > 9223372036854775807, 9223372036854775807, sum(total))
FROM hourly_steps
WHERE hour BETWEEN ? AND ?
GROUP BY 1, 2, 3, 4, 5
ORDER BY measure;
