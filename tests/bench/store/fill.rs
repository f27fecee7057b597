//! Fills the tables of an empty analytics file directly, a day at a time: rows lie in the order of time, as the
//! loader writes them.

use std::path::Path;

use duckdb::Connection;
use tracemeter::model::UnixNanos;

const SPANS_PER_TRACE: u64 = 8;
const DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000_000;
const FILL_DAY: &str = include_str!("fill_day.sql");
/// How the loader sums up hours, and by what: the column of a dimension.
const SETTLE_HOURS: &str = include_str!("../../../src/analytics/sql/settle_hours.sql");
const SUMMED_BY: [(&str, &str); 15] = [
    ("all", "NULL"),
    ("model", "model"),
    ("provider", "provider"),
    ("service", "service"),
    ("feature", "feature"),
    ("team", "team"),
    ("user", "user_id"),
    ("environment", "environment"),
    ("workflow", "workflow"),
    ("node", "node"),
    ("agent", "agent"),
    ("prompt_name", "prompt_name"),
    ("prompt_version", "prompt_version"),
    ("operation", "operation"),
    ("project", "project"),
];

/// Fills `file` with `spans` spans over the 30 days before `until`.
pub fn fill(file: &Path, spans: u64, until: UnixNanos) {
    let connection = Connection::open(file).expect("the file opens");
    connection.execute_batch("SET preserve_insertion_order = true; SET threads = 2").expect("settings are known");
    let per_day = (spans / SPANS_PER_TRACE).cast_signed() / DAYS;
    for day in 0..DAYS {
        let day_start = until.0 - (DAYS - day) * DAY;
        let marks = [
            ("{day_start}", day_start),
            ("{first}", day * per_day),
            ("{end}", (day + 1) * per_day),
            ("{step}", DAY / per_day),
        ];
        let sql = marks.iter().fold(FILL_DAY.to_owned(), |sql, (mark, value)| sql.replace(mark, &value.to_string()));
        connection.execute_batch(&sql).expect("a day is stored");
        sum_up(&connection, day_start);
    }
    connection.execute_batch("DROP TABLE drawn_trace; DROP TABLE drawn_span; CHECKPOINT").expect("written to disk");
}

/// What the loader does a few minutes after the end of each hour. Spans that reach into the next day come with it.
fn sum_up(connection: &Connection, day_start: i64) {
    for (name, column) in SUMMED_BY {
        let statement = SETTLE_HOURS.replace("{column}", column);
        let day = duckdb::params![name, day_start, day_start + DAY];
        connection.execute(&statement, day).expect("hours are summed up");
    }
}
