-- Which of some traces pass a filter.
SELECT trace_id FROM trace WHERE {filter}
