DELETE FROM main.span WHERE start_ns BETWEEN {first} AND {last} AND trace_id IN (SELECT trace_id FROM renewed);
INSERT INTO main.span SELECT * FROM changed;
DELETE FROM main.trace WHERE start_ns BETWEEN {first} AND {last} AND trace_id IN (SELECT trace_id FROM renewed);
INSERT INTO main.trace SELECT * FROM changed_trace;
-- Runs that were a trace of their own when they were read first.
DELETE FROM main.span
WHERE trace_id IN (SELECT trace_id FROM {next}.joined WHERE home IN (SELECT trace_id FROM renewed));
DELETE FROM main.trace
WHERE trace_id IN (SELECT trace_id FROM {next}.joined WHERE home IN (SELECT trace_id FROM renewed));
