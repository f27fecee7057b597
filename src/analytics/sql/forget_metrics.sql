DELETE FROM metric_point WHERE time_ns BETWEEN 1 AND ?
