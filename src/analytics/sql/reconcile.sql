-- Where the client's amount and ours are further apart than a share of the larger one.
WITH told AS (
    SELECT
        service, provider, model, own_nano, reported_nano,
        concat_ws(':', start_ns, trace_id, span_id) AS place,
        abs(own_nano::HUGEINT - reported_nano) AS apart,
        apart > {share} * greatest(abs(own_nano), abs(reported_nano)) AS differs
    FROM counted_call
    WHERE {filter} AND reported_nano IS NOT NULL
)
SELECT
    service, provider, model,
    count(own_nano),
    count(*) FILTER (own_nano IS NULL),
    count(*) FILTER (differs),
    count(*) FILTER (differs AND reported_nano = 0),
    sum(own_nano) FILTER (differs),
    sum(reported_nano) FILTER (differs),
    max_by(place, apart, {examples}) FILTER (differs)
FROM told
GROUP BY service, provider, model
ORDER BY sum(apart) FILTER (differs) DESC NULLS LAST, service, provider, model;
