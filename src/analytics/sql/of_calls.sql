-- What calls have beside the columns of their spans. One in each piece between lines that end with a comma.
input + cache_read + cache_write_5m + cache_write_1h + output + reasoning + audio_input + audio_output + image_input
    + image_output AS tokens,
1::BIGINT AS calls,
start_ns AS first_ns,
start_ns AS last_ns,
(status = 'error')::BIGINT AS errors,
-- Without an amount although it was billed: providers charge nothing for a call that failed before it used a token.
cost_nano IS NULL AND NOT (status = 'error' AND input IS NULL) AS unpriced,
(cost_nano IS NULL AND NOT (status = 'error' AND input IS NULL))::BIGINT AS unpriced_calls,
-- Tokens that the amount is for, of those that a model wrote.
CASE WHEN cost_nano IS NOT NULL THEN output + reasoning + audio_output + image_output END AS priced_output,
CASE WHEN status = 'error' THEN cost_nano END AS failed_nano,
-- Our own sum over buckets, whether it counts or not.
CASE WHEN cost_basis IN ('computed', 'local') THEN cost_nano ELSE computed_nano END AS own_nano,
coalesce(retry, false)::BIGINT AS retries,
CASE WHEN retry THEN cost_nano END AS retry_nano
