SELECT DISTINCT trace_id FROM span WHERE {column} = ?
