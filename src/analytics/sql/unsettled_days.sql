SELECT DISTINCT hour // 24
FROM hourly
WHERE hour // 24 NOT IN (SELECT day FROM whole_day);
