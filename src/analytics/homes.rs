//! Where the log records of traces stand that only log records make: the journal cannot know their trace.

use duckdb::params;

use super::row::trace_number;
use super::{Analytics, Error};
use crate::journal::Chunk;
use crate::model::{Day, TraceId, UnixNanos};

/// Records of a trace that arrived on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    pub trace_id: TraceId,
    /// The journal's day.
    pub day: Day,
    /// Times of the first and the last record.
    pub first: UnixNanos,
    pub last: UnixNanos,
}

impl Home {
    pub(super) fn of(trace_id: TraceId, chunk: &Chunk, start: UnixNanos, end: UnixNanos) -> Self {
        Self { trace_id, day: chunk.cursor.day, first: start, last: end }
    }
}

/// One per trace and day.
pub(super) fn merged(homes: &[Home]) -> Vec<Home> {
    let mut sorted = homes.to_vec();
    sorted.sort_unstable_by_key(|home| (home.trace_id, home.day));
    let mut merged: Vec<Home> = Vec::new();
    for home in sorted {
        match merged.last_mut().filter(|last| (last.trace_id, last.day) == (home.trace_id, home.day)) {
            Some(last) => {
                last.first = last.first.min(home.first);
                last.last = last.last.max(home.last);
            }
            None => merged.push(home),
        }
    }
    merged
}

pub(super) fn append(transaction: &duckdb::Transaction<'_>, homes: &[Home]) -> duckdb::Result<()> {
    if homes.is_empty() {
        return Ok(());
    }
    let mut rows = transaction.appender("log_trace")?;
    for home in merged(homes) {
        rows.append_row(params![trace_number(home.trace_id), home.day.0, home.first.0, home.last.0])?;
    }
    rows.flush()
}

impl Analytics {
    /// Where in the journal log records of `trace` stand that carry no trace id.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn homes(&self, trace: TraceId) -> Result<Vec<Home>, Error> {
        let number = trace_number(trace);
        let found = self
            .readers
            .ask(move |connection| {
                let mut statement =
                    connection.prepare("SELECT day, first_ns, last_ns FROM log_trace WHERE trace_id = ?")?;
                let rows = statement.query_map(params![number], |row| {
                    Ok(Home {
                        trace_id: trace,
                        day: Day(row.get(0)?),
                        first: UnixNanos(row.get(1)?),
                        last: UnixNanos(row.get(2)?),
                    })
                })?;
                rows.collect::<duckdb::Result<Vec<_>>>()
            })
            .await?;
        Ok(merged(&found))
    }
}
