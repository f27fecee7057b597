SELECT
    (SELECT count(*) FROM span),
    (SELECT count(*) FROM trace),
    (SELECT count(*) FROM log_event),
    (SELECT count(*) FROM metric_point),
    (SELECT count(DISTINCT hour) FROM stale_hour),
    (SELECT count(*) FROM whole_day);
