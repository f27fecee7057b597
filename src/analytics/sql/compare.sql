-- Counted calls one by one, for pricing them by another model.
SELECT
    {dimensions} operation, start_ns, unpriced, cost_nano,
    input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, image_input,
    image_output
FROM counted_call
WHERE {filter};
