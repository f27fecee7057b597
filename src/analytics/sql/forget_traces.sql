-- Traces that ended before: one that goes on stays whole.
DELETE FROM trace WHERE last_start_ns BETWEEN 1 AND ?
