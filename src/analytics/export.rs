//! Tables as Parquet files: written by DuckDB beside the analytics, and nobody else's as soon as they are written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use duckdb::types::{TimeUnit, Value};
use duckdb::{Connection, appender_params_from_iter, params_from_iter};

use super::filter::Conditions;
use super::{Analytics, Error, Filter, sql};
use crate::interpret::settle::TOLD_BY_SPAN;
use crate::model::UnixNanos;

/// Calls of one file at most: some 500 MB of disk while it is read.
pub const MOST_CALLS: u64 = 5_000_000;

/// Names of the files while they are written, behind which a number follows.
const FILE: &str = "export-";

/// What a column of a [`Sheet`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Whole,
    Real,
    /// Microseconds, without a time zone: UTC.
    Time,
}

/// A value of a [`Sheet`].
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(Option<String>),
    Whole(Option<i64>),
    Real(Option<f64>),
    Time(Option<UnixNanos>),
}

/// A small table, in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// The names are ours, never a client's.
    pub columns: Vec<(&'static str, Kind)>,
    pub rows: Vec<Vec<Cell>>,
}

impl Kind {
    fn sql(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Whole => "BIGINT",
            Self::Real => "DOUBLE",
            Self::Time => "TIMESTAMP",
        }
    }
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        let value = match cell {
            Cell::Text(text) => text.clone().map(Self::Text),
            Cell::Whole(number) => number.map(Self::BigInt),
            Cell::Real(number) => number.map(Self::Double),
            Cell::Time(time) => time.map(|time| Self::Timestamp(TimeUnit::Microsecond, time.0.div_euclid(1000))),
        };
        value.unwrap_or(Self::Null)
    }
}

impl Analytics {
    /// `sheet` as a Parquet file that has no name any more.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn parquet(&self, sheet: Sheet) -> Result<File, Error> {
        let path = self.export_path();
        self.readers.at_length(move |connection| written(&path, || write_sheet(connection, &sheet, &path))).await?
    }

    /// The calls that match `filter` as a Parquet file that has no name any more, in no order.
    ///
    /// # Errors
    /// When there are too many of them, or the file cannot be written.
    pub async fn parquet_of_calls(&self, filter: &Filter) -> Result<File, Error> {
        let path = self.export_path();
        let conditions = calls_matching(filter);
        self.readers
            .at_length(move |connection| {
                let count = sql::fill(sql::COUNT_CALLS, &[("filter", conditions.sql())]);
                let count: u64 =
                    connection.query_row(&count, params_from_iter(&conditions.values), |row| row.get(0))?;
                if count > MOST_CALLS {
                    return Ok(Err(Error::TooManyCalls { asked: count }));
                }
                written(&path, || {
                    let fragments = [("filter", conditions.sql()), ("file", &quoted(&path))];
                    let sql = sql::fill(sql::EXPORT_CALLS, &fragments);
                    connection.execute(&sql, params_from_iter(&conditions.values)).map(drop)
                })
            })
            .await?
    }

    fn export_path(&self) -> PathBuf {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        self.dir.join(format!("{FILE}{}.parquet", NUMBER.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Model calls as `calls` lists them.
pub(super) fn calls_matching(filter: &Filter) -> Conditions {
    let mut conditions = filter.on_spans();
    conditions.add("operation IS NOT NULL", []);
    // An event that repeats its span is no call of its own.
    conditions.add("counted_reason IS DISTINCT FROM ?", [Value::Text(TOLD_BY_SPAN.to_owned())]);
    conditions
}

/// Removes what a crash has left.
pub(super) fn tidy(dir: &Path) {
    let left = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FILE));
    for path in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).filter(left) {
        drop(std::fs::remove_file(path));
    }
}

/// The file that `write` has made at `path`, open and without its name: it goes when nobody reads it any more.
fn written(path: &Path, write: impl FnOnce() -> duckdb::Result<()>) -> duckdb::Result<Result<File, Error>> {
    let done = write();
    let file = File::open(path);
    drop(std::fs::remove_file(path));
    done?;
    Ok(file.map_err(|source| Error::Folder { path: path.to_owned(), source }))
}

fn write_sheet(connection: &Connection, sheet: &Sheet, path: &Path) -> duckdb::Result<()> {
    let columns: Vec<String> = sheet.columns.iter().map(|(name, kind)| format!("\"{name}\" {}", kind.sql())).collect();
    connection.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE sheet ({})", columns.join(", ")))?;
    let mut rows = connection.appender_to_catalog_and_db("sheet", "temp", "main")?;
    for row in &sheet.rows {
        rows.append_row(appender_params_from_iter(row.iter().map(Value::from)))?;
    }
    rows.flush()?;
    drop(rows);
    connection.execute_batch(&format!("COPY temp.sheet TO {} (FORMAT parquet)", quoted(path)))?;
    connection.execute_batch("DROP TABLE temp.sheet")
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "''"))
}
