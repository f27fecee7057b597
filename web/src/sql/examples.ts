/** Statements to begin with: each answers a question people have, and shows one thing that SQL can do. */

export interface Example {
  title: string;
  sql: string;
  /** It is meant to be seen as a chart. */
  chart?: boolean;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: 'Cost by hour and model',
    chart: true,
    sql: `-- One line per model. counted leaves out wrappers that repeat their children.
SELECT date_trunc('hour', start_time) AS hour, model, sum(cost_usd) AS cost_usd
FROM calls
WHERE counted AND start_time >= $since AND start_time < $until
GROUP BY ALL
ORDER BY hour`,
  },
  {
    title: 'Slowest tools',
    sql: `SELECT tool_name, count(*) AS runs,
  quantile_cont(duration_ms, 0.95) AS p95_ms,
  count(*) FILTER (WHERE status = 'error') AS failed
FROM spans
WHERE kind = 'tool' AND start_time >= $since AND start_time < $until
GROUP BY ALL
ORDER BY p95_ms DESC`,
  },
  {
    title: 'Dearest traces',
    sql: `SELECT name, cost_usd, call_count, duration_ms, user_id, trace_id
FROM traces
WHERE start_time >= $since AND start_time < $until
ORDER BY cost_usd DESC NULLS LAST
LIMIT 50`,
  },
  {
    title: 'What caching saves',
    sql: `SELECT model,
  sum(cache_read) / nullif(sum(input + cache_read), 0) AS hit_share,
  sum(cache_saved_usd) AS saved_usd
FROM calls
WHERE counted AND start_time >= $since AND start_time < $until
GROUP BY ALL
HAVING sum(cache_read) > 0
ORDER BY saved_usd DESC`,
  },
  {
    title: 'Why calls fail',
    sql: `SELECT error_type, model, count(*) AS calls, max(start_time) AS last
FROM calls
WHERE status = 'error' AND start_time >= $since AND start_time < $until
GROUP BY ALL
ORDER BY calls DESC`,
  },
  {
    title: 'Calls without a price',
    sql: `SELECT provider, model, cost_reason, count(*) AS calls
FROM calls
WHERE counted AND cost_usd IS NULL AND start_time >= $since AND start_time < $until
GROUP BY ALL
ORDER BY calls DESC`,
  },
  {
    title: 'Errors in logs by service',
    sql: `SELECT service, body, count(*) AS records, max(time) AS last
FROM logs
WHERE severity_number >= 17 AND time >= $since AND time < $until
GROUP BY ALL
ORDER BY records DESC`,
  },
];
