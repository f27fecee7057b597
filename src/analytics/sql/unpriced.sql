SELECT {segment} AS segment, coalesce(cost_reason, 'no price'), count(*)
FROM counted_call
WHERE cost_nano IS NULL AND {filter}
GROUP BY ALL;
