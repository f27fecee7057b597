DELETE FROM log_trace WHERE last_ns BETWEEN 1 AND ?
