//! Stored traces with all their spans, which stand in the table by the time they began.

use duckdb::types::Value;
use duckdb::{Transaction, params_from_iter};

use super::filter::marks;
use super::row::{SpanRow, read_span, trace_number};
use super::sql;
use crate::model::TraceId;

/// Values bound in one statement at most.
const AT_ONCE: usize = 500;

/// All spans of `traces`, those of one trace in no order.
pub(super) fn read(transaction: &Transaction<'_>, traces: &[TraceId]) -> duckdb::Result<Vec<SpanRow>> {
    let mut rows = Vec::new();
    for some in traces.chunks(AT_ONCE) {
        if let Some(range) = range_of(transaction, some)? {
            read_between(transaction, some, range, &mut rows)?;
        }
    }
    Ok(rows)
}

/// Takes all spans of `traces` out of the tables, and the traces with them.
pub(super) fn take(transaction: &Transaction<'_>, traces: &[TraceId]) -> duckdb::Result<Vec<SpanRow>> {
    let mut rows = Vec::new();
    for some in traces.chunks(AT_ONCE) {
        if let Some(range) = range_of(transaction, some)? {
            rows.append(&mut take_between(transaction, some, range)?);
        }
    }
    Ok(rows)
}

/// The same, where it is known between which times the spans begin.
pub(super) fn take_between(
    transaction: &Transaction<'_>,
    traces: &[TraceId],
    range: (i64, i64),
) -> duckdb::Result<Vec<SpanRow>> {
    let mut rows = Vec::new();
    for some in traces.chunks(AT_ONCE) {
        read_between(transaction, some, range, &mut rows)?;
        let list = marks(some.len());
        for table in ["span", "trace"] {
            let sql = format!("DELETE FROM {table} WHERE start_ns BETWEEN ? AND ? AND trace_id IN ({list})");
            transaction.execute(&sql, params_from_iter(bounded(some, range)))?;
        }
    }
    Ok(rows)
}

/// Between which times spans of `traces` begin; `None` when none of them is stored.
fn range_of(transaction: &Transaction<'_>, traces: &[TraceId]) -> duckdb::Result<Option<(i64, i64)>> {
    let list = marks(traces.len());
    let range = format!("SELECT min(start_ns), max(last_start_ns) FROM trace WHERE trace_id IN ({list})");
    let range: (Option<i64>, Option<i64>) =
        transaction.query_row(&range, params_from_iter(numbers(traces)), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(range.0.zip(range.1))
}

fn read_between(
    transaction: &Transaction<'_>,
    traces: &[TraceId],
    range: (i64, i64),
    rows: &mut Vec<SpanRow>,
) -> duckdb::Result<()> {
    let sql = sql::with_span_columns(sql::SPANS_OF_TRACES, &[("ids", &marks(traces.len()))]);
    let mut statement = transaction.prepare(&sql)?;
    for row in statement.query_map(params_from_iter(bounded(traces, range)), read_span)? {
        rows.push(row?);
    }
    Ok(())
}

fn bounded(traces: &[TraceId], range: (i64, i64)) -> impl Iterator<Item = Value> {
    [range.0, range.1].into_iter().map(Value::BigInt).chain(numbers(traces))
}

fn numbers(traces: &[TraceId]) -> impl Iterator<Item = Value> {
    traces.iter().map(|trace| Value::UHugeInt(trace_number(*trace)))
}
