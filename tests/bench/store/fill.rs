//! Fills the tables of an empty analytics file directly, a day at a time: rows lie in the order of time, as the
//! loader writes them. Sums are left to the loader.

use std::path::Path;

use duckdb::Connection;
use tracemeter::model::UnixNanos;

const SPANS_PER_TRACE: u64 = 8;
const DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000_000;
const FILL_DAY: &str = include_str!("fill_day.sql");
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
    }
    connection.execute_batch("DROP TABLE drawn_trace; DROP TABLE drawn_span").expect("they were made");
    // As if it had just been loaded: the sums are then made by the loader itself.
    connection
        .execute_batch("INSERT INTO stale_hour SELECT DISTINCT start_ns // 3600000000000 FROM span; CHECKPOINT")
        .expect("written to disk");
}
