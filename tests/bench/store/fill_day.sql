-- One day of agent traces, eight spans each: an agent, three model calls, three tools, a request. Filled in: the
-- numbers of the traces, the start of the day and of the next, and the time from one trace to the next. All figures are taken
-- from hashes of the numbers, so every run makes the same store. Values are as skewed as in life: few models make
-- most calls, most traces go well and are short.
CREATE OR REPLACE TEMP TABLE drawn_trace AS
SELECT
    n,
    hash(n)::UHUGEINT * 18446744073709551616::UHUGEINT + hash(n, 7)::UHUGEINT AS trace_id,
    ({day_start} + (n - {first}) * {step} + (hash(n, 1) % {step}::UBIGINT)::BIGINT) AS start_ns,
    'service-' || lpad((hash(n, 2) % 12)::VARCHAR, 2, '0') AS service,
    CASE WHEN hash(n, 3) % 10 < 8 THEN 'feature-' || (hash(n, 4) % 20)::VARCHAR END AS feature,
    'team-' || (hash(n, 4) % 6)::VARCHAR AS team,
    CASE WHEN hash(n, 5) % 100 < 85 THEN 'production' ELSE 'staging' END AS environment,
    -- A few users ask for most.
    'user-' || (pow((hash(n, 6) % 1000000) / 1e6, 3) * 2000)::BIGINT::VARCHAR AS user_id,
    'session-' || (n // 5)::VARCHAR AS session_id,
    'workflow-' || (hash(n, 4) % 10)::VARCHAR AS workflow,
    'prompt-' || (hash(n, 4) % 8)::VARCHAR AS prompt_name,
    'v' || (1 + hash(n, 8) % 5)::VARCHAR AS prompt_version,
    hash(n, 9) % 100 < 3 AS fails
FROM (SELECT range AS n FROM range({first}, {end}));

CREATE OR REPLACE TEMP TABLE drawn_span AS
SELECT
    'default' AS project,
    trace_id,
    hash(n, k, 10) AS span_id,
    CASE WHEN k > 0 THEN hash(n, 0, 10) END AS parent_id,
    start_ns + k * 900000000 AS start_ns,
    CASE WHEN k = 0 THEN 8000000000 ELSE (exp((hash(n, k, 11) % 1000 + hash(n, k, 12) % 1000) / 400.0) * 20000000)::BIGINT END AS duration_ns,
    k,
    ['agent', 'llm', 'tool', 'llm', 'tool', 'llm', 'tool', 'http'][k + 1] AS kind,
    k IN (1, 3, 5) AS is_call,
    ['gpt-4o-mini', 'gpt-4o', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-flash', 'gpt-5-mini', 'llama3.3:70b', 'mistral-large-latest', 'text-embedding-3-small', 'home-made']
        [1 + (pow((hash(n, k, 13) % 1000000) / 1e6, 2) * 10)::BIGINT % 10] AS model,
    200 + (hash(n, k, 14) % 6000)::BIGINT AS input,
    20 + (hash(n, k, 15) % 800)::BIGINT AS output,
    CASE WHEN hash(n, k, 16) % 3 = 0 THEN (hash(n, k, 17) % 4000)::BIGINT ELSE 0 END AS cache_read,
    CASE WHEN fails AND k = 5 THEN 'error' ELSE 'unset' END AS status,
    * EXCLUDE (trace_id, start_ns)
FROM drawn_trace CROSS JOIN (SELECT range AS k FROM range(8));

INSERT INTO span BY NAME
SELECT
    project, trace_id, span_id, parent_id, start_ns, duration_ns,
    CASE kind WHEN 'agent' THEN workflow WHEN 'llm' THEN 'chat ' || model WHEN 'tool' THEN 'execute_tool lookup_' || (hash(n, k) % 9) ELSE 'POST /v1/answers' END AS name,
    kind, service,
    'opentelemetry.instrumentation.openai' AS scope,
    CASE WHEN is_call THEN 'otel_genai' ELSE '' END AS dialect,
    status,
    CASE WHEN status = 'error' THEN 'rate limit reached for requests' END AS status_message,
    CASE WHEN status = 'error' THEN 'RateLimitError' END AS error_type,
    environment, feature, team,
    CASE WHEN is_call THEN prompt_name END AS prompt_name,
    CASE WHEN is_call THEN prompt_version END AS prompt_version,
    session_id, user_id, workflow,
    CASE WHEN kind = 'tool' THEN 'lookup_' || (hash(n, k) % 9) END AS tool_name,
    CASE WHEN kind <> 'http' THEN 'Which of the orders ' || hash(n, k) % 100000 || ' and ' || hash(k, n) % 100000 || ' have not been delivered, and what do we tell the customer about them? Answer in two sentences.' END AS input_preview,
    CASE WHEN kind <> 'http' THEN 'Order ' || hash(n, k) % 100000 || ' left the warehouse on Tuesday and arrives tomorrow; the other one waits for an item that comes back into stock next week.' END AS output_preview,
    CASE WHEN is_call THEN 'chat' END AS operation,
    CASE WHEN is_call THEN ['openai', 'openai', 'anthropic', 'gcp.gemini', 'ollama'][1 + (hash(model) % 5)::BIGINT] END AS provider,
    CASE WHEN is_call THEN model END AS request_model,
    CASE WHEN is_call THEN model END AS response_model,
    CASE WHEN is_call THEN model END AS model,
    CASE WHEN is_call THEN 'chatcmpl-' || hash(n, k, 18) END AS response_id,
    CASE WHEN is_call THEN hash(n, k, 19) % 2 = 0 END AS streaming,
    CASE WHEN is_call AND hash(n, k, 19) % 2 = 0 THEN duration_ns // 5 END AS ttft_ns,
    CASE WHEN is_call THEN ['stop'] END AS finish_reasons,
    CASE WHEN is_call AND status <> 'error' THEN input END AS input,
    CASE WHEN is_call AND status <> 'error' THEN cache_read END AS cache_read,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS cache_write_5m,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS cache_write_1h,
    CASE WHEN is_call AND status <> 'error' THEN output END AS output,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS reasoning,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS audio_input,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS audio_output,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS image_input,
    CASE WHEN is_call AND status <> 'error' THEN 0 END AS image_output,
    CASE WHEN is_call AND status <> 'error' AND model <> 'home-made' THEN input * 1500 + cache_read * 150 + output * 6000 END AS cost_nano,
    CASE WHEN is_call AND status <> 'error' AND model <> 'home-made' AND cache_read > 0 THEN cache_read * 1350 END AS saved_nano,
    CASE WHEN is_call THEN CASE WHEN model = 'home-made' OR status = 'error' THEN 'unknown' ELSE 'computed' END END AS cost_basis,
    CASE WHEN is_call THEN CASE WHEN status = 'error' THEN 'the call failed' WHEN model = 'home-made' THEN 'unknown model "home-made"' END END AS cost_reason,
    CASE WHEN is_call AND model <> 'home-made' THEN '["openai","' || model || '","exact","genai-prices",null]' END AS price,
    CASE WHEN is_call AND model <> 'home-made' THEN '[["input",' || input || ',1500000000,' || input * 1500 || '],["output",' || output || ',6000000000,' || output * 6000 || ']]' END AS cost_buckets,
    CASE WHEN is_call THEN true END AS counted
FROM drawn_span
ORDER BY n, start_ns;

INSERT INTO trace BY NAME
SELECT
    any_value(project) AS project, span.trace_id, min(start_ns) AS start_ns,
    max(start_ns + duration_ns) - min(start_ns) AS duration_ns, max(start_ns) AS last_start_ns,
    any_value(workflow) AS name, 'agent' AS kind, any_value(service) AS service, [any_value(service)] AS services,
    CASE WHEN bool_or(status = 'error') THEN 'error' ELSE 'unset' END AS status,
    count(*) AS span_count, count(*) FILTER (counted) AS call_count, count(*) FILTER (status = 'error') AS error_count,
    list(DISTINCT model) FILTER (counted) AS models, list(DISTINCT provider) FILTER (counted) AS providers,
    sum(input)::BIGINT AS input, sum(cache_read)::BIGINT AS cache_read, 0 AS cache_write_5m, 0 AS cache_write_1h,
    sum(output)::BIGINT AS output, 0 AS reasoning, 0 AS audio_input, 0 AS audio_output, 0 AS image_input, 0 AS image_output,
    sum(cost_nano)::BIGINT AS cost_nano, count(*) FILTER (counted AND cost_nano IS NULL AND status <> 'error') AS unpriced_calls,
    any_value(environment) AS environment, any_value(feature) AS feature, any_value(team) AS team,
    any_value(session_id) AS session_id, any_value(user_id) AS user_id, any_value(workflow) AS workflow,
    min(input_preview) AS input_preview, min(output_preview) AS output_preview,
    list_distinct(['prompt_name=' || any_value(prompt_name), 'prompt_version=' || any_value(prompt_version), 'operation=chat']) AS more
FROM span
WHERE start_ns >= {day_start} AND trace_id IN (SELECT trace_id FROM drawn_trace)
GROUP BY span.trace_id
ORDER BY start_ns, trace_id;
