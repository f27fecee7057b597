SELECT {segment} AS segment, coalesce(cost_reason, 'no price'), count(*)
FROM counted_call
WHERE unpriced AND {filter}
GROUP BY ALL;
