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
    MATCHING_TRACES = "matching_traces";
    COST = "cost";
    COST_OVER_TIME = "cost_over_time";
    TOTALS = "totals";
    TOTAL_STEPS = "total_steps";
    UNPRICED = "unpriced";
    COUNT_TRACES = "count_traces";
    TOP = "top";
    TOP_STEPS = "top_steps";
    SERIES_LEADERS = "series_leaders";
    SERIES = "series";
    QUANTILE_SERIES = "quantile_series";
    VALUES_OF_COLUMN = "values_of_column";
    VALUES_OF_LIST = "values_of_list";
    VALUES_OF_SPAN = "values_of_span";
    LIST_LOGS = "list_logs";
    LIST_METRICS = "list_metrics";
    LIST_SESSIONS = "list_sessions";
    MODELS = "models";
    MODEL_STEPS = "model_steps";
    SETTLE_HOURS = "settle_hours";
    COUNTS = "counts";
    FORGET_TRACES = "forget_traces";
    FORGET_SPANS = "forget_spans";
    FORGET_LOGS = "forget_logs";
    FORGET_METRICS = "forget_metrics";
    HEALTHY_TRACES = "healthy_traces";
    VERDICTS_ON_TRACES = "verdicts_on_traces";
    ERASE_TABLES = "erase_tables";
    TRACES_OF = "traces_of";
    ERASED_CALLS = "erased_calls";
    ERASE_TRACES = "erase_traces";
    ERASE_SPANS = "erase_spans";
    ERASE_LOGS = "erase_logs";
    ERASE_METRICS = "erase_metrics";
    ERASE_SUMS = "erase_sums";
}

/// Fragments that several statements share.
const SPAN_COLUMNS: &str = include_str!("sql/span_columns.sql");
const TRACE_COLUMNS: &str = include_str!("sql/trace_columns.sql");
const SUMS: &str = include_str!("sql/sums.sql");
const STEP: &str = include_str!("sql/step.sql");

/// `template` with its marks filled. What is filled in must be a fragment of ours, never a value.
pub(super) fn fill(template: &str, fragments: &[(&str, &str)]) -> String {
    let mut sql = template.replace("{sums}", SUMS).replace("{step}", STEP.trim_end());
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
        ("edges", "(0, 1, 2)"),
        ("dimensions", "model,"),
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
    ];

    #[test]
    fn every_statement_is_valid_on_the_schema() {
        let database = duckdb::Connection::open_in_memory().expect("opens");
        for (name, template) in ALL {
            let sql = match *name {
                "list_sessions" => fill(template, &[&[("key", "max(start_ns)")], SAMPLE].concat()),
                "list_traces" => with_trace_columns(template, SAMPLE),
                "values_of_list" => fill(template, &[("filter", "true"), ("column", "models")]),
                _ => with_span_columns(template, SAMPLE),
            };
            if matches!(*name, "schema" | "loader_tables" | "clear_loader_tables" | "erase_tables") {
                database.execute_batch(&sql).unwrap_or_else(|error| panic!("{name}.sql: {error}"));
            } else {
                database.prepare(&sql).unwrap_or_else(|error| panic!("{name}.sql: {error}\n{sql}"));
            }
        }
    }
}
