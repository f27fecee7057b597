WITH one AS (
    SELECT any_value(attributes) AS attributes
    FROM metric_point
    WHERE {filter}
    GROUP BY series
),
named AS (SELECT attributes, unnest(json_keys(attributes)) AS name FROM one)
SELECT name, json_extract_string(attributes, '$."' || name || '"') AS value, count(*)
FROM named
WHERE NOT contains(name, '"')
GROUP BY ALL
ORDER BY name, count(*) DESC, value
LIMIT {limit};
