sum(calls)::BIGINT,
sum(errors)::BIGINT,
sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(audio_input),
sum(audio_output), sum(image_input), sum(image_output),
sum(cost_nano),
sum(unpriced_calls)::BIGINT,
sum(priced_output), sum(saved_nano), sum(failed_nano), sum(retries)::BIGINT, sum(retry_nano)
