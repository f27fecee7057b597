DELETE FROM execution WHERE last_ns BETWEEN 1 AND ?
