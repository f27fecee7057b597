seq, time_ns, start_ns, series, name, kind, temporality, monotonic, unit, service, scope, flags, value, int_value, count, sum,
min, max, bounds, bucket_counts, scale, zero_count, zero_threshold, negative_offset, negative_counts, exemplars, attributes
