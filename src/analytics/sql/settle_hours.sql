-- Sums that no client can mean stay at the largest value; what nobody told stays NULL.
INSERT INTO hourly
SELECT
    start_ns // 3600000000000, ?, {column},
    sum(calls), sum(errors), sum(unpriced_calls),
    if(sum(input) > 9223372036854775807, 9223372036854775807, sum(input)),
    if(sum(cache_read) > 9223372036854775807, 9223372036854775807, sum(cache_read)),
    if(sum(cache_write_5m) > 9223372036854775807, 9223372036854775807, sum(cache_write_5m)),
    if(sum(cache_write_1h) > 9223372036854775807, 9223372036854775807, sum(cache_write_1h)),
    if(sum(output) > 9223372036854775807, 9223372036854775807, sum(output)),
    if(sum(reasoning) > 9223372036854775807, 9223372036854775807, sum(reasoning)),
    if(sum(audio_input) > 9223372036854775807, 9223372036854775807, sum(audio_input)),
    if(sum(audio_output) > 9223372036854775807, 9223372036854775807, sum(audio_output)),
    if(sum(image_input) > 9223372036854775807, 9223372036854775807, sum(image_input)),
    if(sum(tokens) > 9223372036854775807, 9223372036854775807, sum(tokens)),
    if(sum(cost_nano) > 9223372036854775807, 9223372036854775807, sum(cost_nano))
FROM counted_call
WHERE start_ns >= ? AND start_ns < ?
GROUP BY 1, 3
ORDER BY 1;
