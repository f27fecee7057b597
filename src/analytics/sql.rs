//! The SQL of this module: one file per statement. `{...}` marks where fixed fragments go; values are always bound.

macro_rules! statements {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("sql/", $file, ".sql"));)*
        /// Every statement, for the test that parses them all.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$(($file, $name)),*];
    };
}

statements! {
    SCHEMA = "schema";
    LOADER_TABLES = "loader_tables";
    CLEAR_LOADER_TABLES = "clear_loader_tables";
    KNOWN_RANGE = "known_range";
    KNOWN_SPANS = "known_spans";
    DELETE_REPLACED = "delete_replaced";
    UPDATE_VERDICTS = "update_verdicts";
    DELETE_TOUCHED = "delete_touched";
    LIST_TRACES = "list_traces";
    LIST_CALLS = "list_calls";
    LARGEST_KEYS = "largest_keys";
    LEAST_ID = "least_id";
    MATCHING_TRACES = "matching_traces";
    COST = "cost";
    COST_OVER_TIME = "cost_over_time";
    COST_SESSIONS = "cost_sessions";
    COST_SESSIONS_OVER_TIME = "cost_sessions_over_time";
    MOVERS = "movers";
    RECONCILE = "reconcile";
    SPANS_AT = "spans_at";
    KNOWN_CALLS = "known_calls";
    COUNT_CALLS = "count_calls";
    EXPORT_CALLS = "export_calls";
    TOTALS = "totals";
    STEPS = "steps";
    UNPRICED = "unpriced";
    COUNT_TRACES = "count_traces";
    TOP = "top";
    SERIES_LEADERS = "series_leaders";
    SERIES = "series";
    QUANTILE_SERIES = "quantile_series";
    VALUES_OF_COLUMN = "values_of_column";
    VALUES = "values";
    LIST_LOGS = "list_logs";
    LOG_HISTOGRAM = "log_histogram";
    LOG_VALUES = "log_values";
    LIST_METRICS = "list_metrics";
    METRIC_SERIES = "metric_series";
    METRIC_NAMES = "metric_names";
    METRIC_ATTRIBUTES = "metric_attributes";
    LIST_SESSIONS = "list_sessions";
    SESSION_TRACES = "session_traces";
    LIST_USERS = "list_users";
    FIRST_HOUR = "first_hour";
    RECENT_SESSIONS = "recent_sessions";
    ALL_SESSIONS = "all_sessions";
    MODELS = "models";
    MODEL_CALLS = "model_calls";
    MODEL_DAYS = "model_days";
    FIRST_CALL = "first_call";
    PARTS = "parts";
    WORKFLOWS = "workflows";
    NEWEST_TRACES = "newest_traces";
    NEWEST_TRACES_WITH = "newest_traces_with";
    STRUCTURE = "structure";
    FAILED_SPANS = "failed_spans";
    SETTLE_SUMS = "settle_sums";
    SETTLE_STEPS = "settle_steps";
    SETTLE_TRACES = "settle_traces";
    SETTLE_DAY = "settle_day";
    SETTLE_DAY_STEPS = "settle_day_steps";
    UNSETTLED_DAYS = "unsettled_days";
    COUNTS = "counts";
    FORGET_TRACES = "forget_traces";
    FORGET_SPANS = "forget_spans";
    FORGET_LOGS = "forget_logs";
    FORGET_METRICS = "forget_metrics";
    HEALTHY_TRACES = "healthy_traces";
    VERDICTS_ON_TRACES = "verdicts_on_traces";
    ERASE_TABLES = "erase_tables";
    TRACES_OF = "traces_of";
    ERASED_STARTS = "erased_starts";
    ERASE_TRACES = "erase_traces";
    ERASE_SPANS = "erase_spans";
    ERASE_LOGS = "erase_logs";
    ERASE_METRICS = "erase_metrics";
    ERASE_LOG_TRACES = "erase_log_traces";
    TABLES_OF_SUMS = "tables_of_sums";
    FORGET_LOG_TRACES = "forget_log_traces";
    SPANS_OF_RESPONSES = "spans_of_responses";
    SPANS_OF_TRACES = "spans_of_traces";
    NOTED_TRACES = "noted_traces";
    EXECUTIONS = "executions";
    JOINED = "joined";
    ERASE_JOINED = "erase_joined";
    FORGET_JOINED = "forget_joined";
    FORGET_EXECUTIONS = "forget_executions";
    TWIN_SPANS = "twin_spans";
    TWINS_OF_GONE = "twins_of_gone";
    TWINS_OF_TRACE = "twins_of_trace";
    COMPARE = "compare";
    LOCAL_CALLS = "local_calls";
    LOCAL_READINGS = "local_readings";
    UPDATE_BILLS = "update_bills";
    BILLED_RANGE = "billed_range";
    UPDATE_BILLED_TRACES = "update_billed_traces";
    ERASED_LOCAL = "erased_local";
    RENEW_TRACES = "renew_traces";
    RENEW_SPANS = "renew_spans";
    RENEW_TRACE_ROWS = "renew_trace_rows";
    RENEW = "renew";
    RENEWED_LOCAL = "renewed_local";
    RENEWAL_SUMS = "renewal_sums";
    FACTS_OF_TRACES = "facts_of_traces";
    FACTS_OF_SPANS = "facts_of_spans";
    LAST_SIGHTING = "last_sighting";
}

/// Fragments that several statements share.
const SPAN_COLUMNS: &str = include_str!("sql/span_columns.sql");
const TRACE_COLUMNS: &str = include_str!("sql/trace_columns.sql");
const POINT_COLUMNS: &str = include_str!("sql/point_columns.sql");
const SUMS: &str = include_str!("sql/sums.sql");
/// Buckets of calendar time, whose edges come from outside: a row finds its own by whole units (hours, mostly) in a small
/// hash table. Asks for [`super::Buckets`]' edges.
const UNITS: &str = include_str!("sql/units.sql");
/// What calls have beside the columns of their spans.
pub(super) const OF_CALLS: &str = include_str!("sql/of_calls.sql");
const KEPT_SUMS: &str = include_str!("sql/kept_sums.sql");
/// The step of 2 % in which a duration lies.
pub(super) const STEP: &str = include_str!("sql/step.sql");

/// All tables and views of an empty database.
pub(super) fn schema() -> String {
    fill(SCHEMA, &[("of_calls", OF_CALLS)])
}

/// `template` with its marks filled. What is filled in must be a fragment of ours, never a value.
pub(super) fn fill(template: &str, fragments: &[(&str, &str)]) -> String {
    let parts = [
        ("{points}", POINT_COLUMNS),
        ("{kept_sums}", KEPT_SUMS),
        ("{sums}", SUMS),
        ("{step}", STEP.trim_end()),
        ("{units}", UNITS.trim_end()),
    ];
    let mut sql = parts.iter().fold(template.to_owned(), |sql, (mark, part)| sql.replace(mark, part));
    for (mark, fragment) in fragments {
        sql = sql.replace(&format!("{{{mark}}}"), fragment);
    }
    sql
}

/// A statement that reads whole spans, see [`super::row::read_span`].
pub(super) fn with_span_columns(template: &str, fragments: &[(&str, &str)]) -> String {
    fill(template, fragments).replace("{columns}", SPAN_COLUMNS)
}

/// A statement that reads whole traces, see [`super::row::read_trace`].
pub(super) fn with_trace_columns(template: &str, fragments: &[(&str, &str)]) -> String {
    fill(template, fragments).replace("{columns}", TRACE_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stand-ins for every mark that occurs in the files.
    const SAMPLE: &[(&str, &str)] = &[
        ("filter", "true"),
        ("key", "start_ns"),
        ("order", "start_ns"),
        ("dimension", "model"),
        ("table", "counted_call"),
        ("rank", "count(*)"),
        ("line", "0"),
        ("metric", "count(*)"),
        ("value", "ttft_ns"),
        ("quantile", "0.5"),
        ("segment", "0"),
        ("column", "name"),
        ("behind", "true"),
        ("source", "counted_call"),
        ("count", "count(*)"),
        ("limit", "1"),
        ("at_most", "LIMIT 1"),
        ("most", "1"),
        ("page", "('s', 1::BIGINT, 2::UBIGINT)"),
        ("unit", "3600000000000"),
        ("starts", "CAST('[0,1,2]' AS BIGINT[])"),
        ("provider", "NULL"),
        ("condition", "true"),
        ("ids", "1"),
        ("next", "main"),
        ("from", "0"),
        ("to", "1"),
        ("first", "0"),
        ("last", "1"),
        ("list", "n.*"),
        ("join", "LEFT JOIN"),
        ("whose", "n"),
        ("calls", "counted_call"),
        ("turn", "0"),
        ("share", "0.05"),
        ("examples", "3"),
        ("starts", "1"),
        ("file", "'/dev/null'"),
        ("dimensions", "model,"),
        ("kind", "tool"),
        ("of_calls", OF_CALLS),
    ];
    const VALUES_OF_TRACES: &str = "(SELECT start_ns, unnest(models) AS value, 1 AS traces FROM trace)";
    const CALLS_BY_EACH: &str = "(SELECT *, 'model' AS dimension, model AS value FROM counted_call)";
    const STEPS_BY_TIME: &str = "(SELECT hour AS start_ns, * FROM hourly_steps)";

    #[test]
    fn every_statement_is_valid_on_the_schema() {
        let database = duckdb::Connection::open_in_memory().expect("opens");
        for (name, template) in ALL {
            let sql = match *name {
                "all_sessions" | "list_users" => fill(template, &[&[("key", "max(start_ns)")], SAMPLE].concat()),
                "list_traces" | "session_traces" => with_trace_columns(template, SAMPLE),
                "log_values" => fill(template, &[&[("column", "service")], SAMPLE].concat()),
                "top" => fill(template, &[&[("source", CALLS_BY_EACH)], SAMPLE].concat()),
                "steps" => fill(template, &[&[("source", "hourly_steps"), ("group", "model")], SAMPLE].concat()),
                "quantile_series" => fill(template, &[&[("table", STEPS_BY_TIME), ("value", "0")], SAMPLE].concat()),
                "parts" | "workflows" => fill(template, &[&[("value", "duration_ns")], SAMPLE].concat()),
                "settle_sums" => fill(template, &[&[("table", "hourly"), ("value", "NULL")], SAMPLE].concat()),
                "values" | "settle_traces" => fill(template, &[&[("source", VALUES_OF_TRACES)], SAMPLE].concat()),
                _ => with_span_columns(template, SAMPLE),
            };
            let several = ["schema", "loader_tables", "clear_loader_tables", "erase_tables"];
            if several.contains(name) || name.starts_with("renew") {
                database.execute_batch(&sql).unwrap_or_else(|error| panic!("{name}.sql: {error}"));
            } else {
                database.prepare(&sql).unwrap_or_else(|error| panic!("{name}.sql: {error}\n{sql}"));
            }
        }
    }
}
