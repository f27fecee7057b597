-- Derived data: everything here can be rebuilt from the journal. No indexes: rows arrive in the order of
-- time, so zone maps prune, and an ART index would cost a quarter of the file and be of no use to range scans.
-- Ids are numbers (big-endian bytes): fixed width joins faster than BLOB, and runs of one trace compress to one value.

-- Where in the journal the next chunk to load follows.
CREATE TABLE loaded (format INTEGER, day INTEGER, chunk BIGINT);

CREATE TABLE span (
    project VARCHAR,
    trace_id UHUGEINT,
    span_id UBIGINT,
    parent_id UBIGINT,
    start_ns BIGINT,
    duration_ns BIGINT,
    name VARCHAR,
    kind VARCHAR,
    service VARCHAR,
    scope VARCHAR,
    dialect VARCHAR,
    status VARCHAR,
    status_message VARCHAR,
    error_type VARCHAR,
    environment VARCHAR,
    feature VARCHAR,
    team VARCHAR,
    prompt_name VARCHAR,
    prompt_version VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    workflow VARCHAR,
    node VARCHAR,
    agent VARCHAR,
    tags VARCHAR[],
    tool_name VARCHAR,
    input_preview VARCHAR,
    output_preview VARCHAR,
    -- From here on NULL unless the span is a model call.
    operation VARCHAR,
    provider VARCHAR,
    request_model VARCHAR,
    response_model VARCHAR,
    -- The model that was billed.
    model VARCHAR,
    response_id VARCHAR,
    streaming BOOLEAN,
    ttft_ns BIGINT,
    finish_reasons VARCHAR[],
    -- Token buckets, NULL when the client sent no counts. Signed, because sums of BIGINT are twice as fast.
    input BIGINT,
    cache_read BIGINT,
    cache_write_5m BIGINT,
    cache_write_1h BIGINT,
    output BIGINT,
    reasoning BIGINT,
    audio_input BIGINT,
    audio_output BIGINT,
    image_input BIGINT,
    image_output BIGINT,
    cost_nano BIGINT,
    cost_basis VARCHAR,
    cost_reason VARCHAR,
    reported_nano BIGINT,
    -- Our own sum over buckets where another amount counts.
    computed_nano BIGINT,
    -- What caching saved; negative when writing to the cache cost more.
    saved_nano BIGINT,
    -- JSON: the price row, and [bucket, units, price, amount] per line.
    price VARCHAR,
    cost_buckets VARCHAR,
    counted BOOLEAN,
    counted_reason VARCHAR,
    -- Why the interpreter alone, without the rest of the trace, would not count it.
    own_reason VARCHAR,
    -- 24 bits of a hash of what another instrumentation's telling of the call would have in common with it; see twins.rs.
    twin_key UBIGINT,
    -- That telling. A call with a twin that is not counted would count but for it.
    twin_trace UHUGEINT,
    twin_span UBIGINT,
    -- Which of its dimensions a call has from other spans of its trace; see interpret/inherit.rs.
    inherited UTINYINT,
    -- Whether it repeats a failed call of the same parent, else NULL.
    retry BOOLEAN
);

-- Who tells of model calls of which service, as hashes: only a service with two tellers can have a call told twice.
CREATE TABLE teller (service UBIGINT, teller UBIGINT);

-- One row per trace, rewritten by the loader whenever a span of it arrives: lists read nothing else.
CREATE TABLE trace (
    project VARCHAR,
    trace_id UHUGEINT,
    start_ns BIGINT,
    duration_ns BIGINT,
    -- Start of the span that started last: bounds the search for the spans of the trace.
    last_start_ns BIGINT,
    name VARCHAR,
    kind VARCHAR,
    service VARCHAR,
    services VARCHAR[],
    status VARCHAR,
    span_count UBIGINT,
    call_count UBIGINT,
    error_count UBIGINT,
    models VARCHAR[],
    providers VARCHAR[],
    input BIGINT,
    cache_read BIGINT,
    cache_write_5m BIGINT,
    cache_write_1h BIGINT,
    output BIGINT,
    reasoning BIGINT,
    audio_input BIGINT,
    audio_output BIGINT,
    image_input BIGINT,
    image_output BIGINT,
    cost_nano BIGINT,
    unpriced_calls UBIGINT,
    environment VARCHAR,
    feature VARCHAR,
    team VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    workflow VARCHAR,
    agent VARCHAR,
    tags VARCHAR[],
    input_preview VARCHAR,
    output_preview VARCHAR,
    -- 'dimension=value' for every value that has no column of its own above. Mostly NULL.
    more VARCHAR[]
);

CREATE TABLE log_event (
    project VARCHAR,
    -- Grows by one per row: the tie-breaker of paging.
    seq BIGINT,
    time_ns BIGINT,
    trace_id UHUGEINT,
    span_id UBIGINT,
    severity_number INTEGER,
    severity VARCHAR,
    service VARCHAR,
    scope VARCHAR,
    event_name VARCHAR,
    body VARCHAR,
    attributes VARCHAR
);

-- Where log records stand whose trace was made of them: the journal's day, and the times of the records.
CREATE TABLE log_trace (trace_id UHUGEINT, day INTEGER, first_ns BIGINT, last_ns BIGINT);

-- Which traces tell of an execution of n8n: the engine's own, and those of what ran in its nodes.
CREATE TABLE execution (
    project VARCHAR,
    execution VARCHAR,
    workflow VARCHAR,
    by_engine BOOLEAN,
    trace_id UHUGEINT,
    first_ns BIGINT,
    last_ns BIGINT
);

-- Traces whose spans have moved to another trace.
CREATE TABLE joined (trace_id UHUGEINT, home UHUGEINT, last_ns BIGINT);

CREATE TABLE metric_point (
    project VARCHAR,
    seq BIGINT,
    time_ns BIGINT,
    start_ns BIGINT,
    -- Hash of resource, scope, metric and attributes.
    series UBIGINT,
    name VARCHAR,
    kind VARCHAR,
    temporality VARCHAR,
    monotonic BOOLEAN,
    unit VARCHAR,
    service VARCHAR,
    scope VARCHAR,
    flags UINTEGER,
    -- One of the two, as it was sent.
    value DOUBLE,
    int_value BIGINT,
    count UBIGINT,
    sum DOUBLE,
    min DOUBLE,
    max DOUBLE,
    -- Upper bounds; of an exponential histogram the offset of the first positive bucket; of a summary quantile, value, ...
    bounds DOUBLE[],
    -- Of an exponential histogram the positive ones.
    bucket_counts UBIGINT[],
    scale INTEGER,
    zero_count UBIGINT,
    zero_threshold DOUBLE,
    negative_offset INTEGER,
    negative_counts UBIGINT[],
    -- JSON: [time, value, trace, span, attributes] each.
    exemplars VARCHAR,
    attributes VARCHAR
);

-- Sums over counted calls by hour (of the start, since the epoch) and one dimension; see rollup.rs.
CREATE TABLE hourly (
    hour BIGINT,
    dimension VARCHAR,
    value VARCHAR,
    -- Rows by model are by provider, too, and know the starts of the first and of the last call. NULL in all others.
    provider VARCHAR,
    first_ns BIGINT,
    last_ns BIGINT,
    calls BIGINT,
    errors BIGINT,
    unpriced_calls BIGINT,
    input BIGINT,
    cache_read BIGINT,
    cache_write_5m BIGINT,
    cache_write_1h BIGINT,
    output BIGINT,
    reasoning BIGINT,
    audio_input BIGINT,
    audio_output BIGINT,
    image_input BIGINT,
    image_output BIGINT,
    tokens BIGINT,
    cost_nano BIGINT,
    priced_output BIGINT,
    saved_nano BIGINT,
    failed_nano BIGINT,
    retries BIGINT,
    retry_nano BIGINT
);

-- The same by day (UTC, since the epoch), and of sessions, which have about as many hours as calls, only so.
CREATE TABLE daily (
    day BIGINT,
    dimension VARCHAR,
    value VARCHAR,
    provider VARCHAR,
    first_ns BIGINT,
    last_ns BIGINT,
    calls BIGINT,
    errors BIGINT,
    unpriced_calls BIGINT,
    input BIGINT,
    cache_read BIGINT,
    cache_write_5m BIGINT,
    cache_write_1h BIGINT,
    output BIGINT,
    reasoning BIGINT,
    audio_input BIGINT,
    audio_output BIGINT,
    image_input BIGINT,
    image_output BIGINT,
    tokens BIGINT,
    cost_nano BIGINT,
    priced_output BIGINT,
    saved_nano BIGINT,
    failed_nano BIGINT,
    retries BIGINT,
    retry_nano BIGINT
);

-- Durations ('latency') and times to the first token ('ttft') of counted calls, counted in steps of 2 %.
CREATE TABLE hourly_steps (
    hour BIGINT,
    measure VARCHAR,
    provider VARCHAR,
    model VARCHAR,
    step SMALLINT,
    calls BIGINT,
    -- Nanoseconds of these calls together.
    total BIGINT
);

CREATE TABLE daily_steps (
    day BIGINT,
    measure VARCHAR,
    provider VARCHAR,
    model VARCHAR,
    step SMALLINT,
    calls BIGINT,
    total BIGINT
);

-- Hours whose calls have changed since they were summed up.
CREATE TABLE stale_hour (hour BIGINT);

-- Days that are summed up, which holds as long as none of their hours is stale.
CREATE TABLE whole_day (day BIGINT);

-- What totals, boards and series are made of.
CREATE VIEW counted_call AS
SELECT
    *,
    {of_calls}
FROM span
WHERE counted;
