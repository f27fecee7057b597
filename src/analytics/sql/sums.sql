count(*),
count(*) FILTER (status = 'error'),
sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output), sum(reasoning), sum(audio_input),
sum(audio_output), sum(image_input),
sum(cost_nano),
count(*) FILTER (unpriced)
