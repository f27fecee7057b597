-- What is to be deleted on request, private to the loader's connection.
CREATE OR REPLACE TEMP TABLE gone_trace (trace_id UHUGEINT);
CREATE OR REPLACE TEMP TABLE gone_log AS SELECT * FROM log_event LIMIT 0;
CREATE OR REPLACE TEMP TABLE gone_metric AS SELECT * FROM metric_point LIMIT 0;
CREATE OR REPLACE TEMP TABLE gone_said (text VARCHAR);
