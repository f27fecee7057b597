DELETE FROM hourly WHERE hour IN (SELECT hour FROM stale_hour)
