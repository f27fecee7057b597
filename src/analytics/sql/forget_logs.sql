DELETE FROM log_event WHERE time_ns BETWEEN 1 AND ?
