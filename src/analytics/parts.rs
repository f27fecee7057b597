//! Agents and tools by name: how often they run, how they fail and how long they take.
//!
//! Filters are those of their traces: agents and tools themselves rarely say whose work they are.

use std::collections::HashMap;

use duckdb::Connection;
use duckdb::types::Value;

use super::cost::MOST_ROWS;
use super::filter::Conditions;
use super::histogram::Histogram;
use super::models::{Spread, most_frequent};
use super::query::Query;
use super::rollup::calls::calls_by;
use super::rollup::source::Known;
use super::row::Cells;
use super::{Analytics, Dimension, Error, Filter, sql};
use crate::model::{SpanKind, UnixNanos};

/// Of what figures are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    Agent,
    Tool,
}

impl PartKind {
    pub(super) fn span_kind(self) -> SpanKind {
        match self {
            Self::Agent => SpanKind::Agent,
            Self::Tool => SpanKind::Tool,
        }
    }

    /// Its name; that of the span where the client tells no other.
    fn column(self) -> &'static str {
        match self {
            Self::Agent => "coalesce(agent, name)",
            Self::Tool => "coalesce(tool_name, name)",
        }
    }
}

/// An agent or a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub name: String,
    pub runs: u64,
    pub failures: u64,
    /// Failures by the kind of error, most frequent first; the empty text where none is told.
    pub errors: Vec<(String, u64)>,
    pub duration: Spread,
    /// Start of the newest run.
    pub last_used: UnixNanos,
}

#[derive(Debug, Default)]
struct Sums {
    errors: HashMap<String, u64>,
    runs: u64,
    steps: Histogram,
    last_ns: i64,
}

impl Analytics {
    /// All agents or tools in traces that match `filter`, only those of this `name` if there is one; most used first.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn parts(&self, kind: PartKind, filter: &Filter, name: Option<String>) -> Result<Vec<Part>, Error> {
        let mut conditions = in_traces(filter);
        if let Some(name) = name {
            conditions.add(&format!("{} = ?", kind.column()), [Value::Text(name)]);
        }
        self.readers.ask(move |connection| answer(connection, kind, &conditions)).await
    }
}

impl Analytics {
    /// Counted calls in traces that match `filter`, by the nearest agent above them.
    ///
    /// # Errors
    /// When the question takes too long or the database fails.
    pub async fn sums_by_agent(&self, filter: &Filter) -> Result<HashMap<String, super::Sums>, Error> {
        let filter = filter.clone();
        self.readers
            .ask(move |connection| {
                let snapshot = connection.unchecked_transaction()?;
                let mut conditions = in_traces(&filter);
                conditions.add("agent IS NOT NULL", []);
                let source = if filter.is_only_times() {
                    Known::read(&snapshot)?.sums(&filter, &[Dimension::Agent], &[])
                } else {
                    calls_by(&[]).to_owned()
                };
                let fragments = [("dimensions", "agent, "), ("filter", conditions.sql()), ("source", source.as_str())];
                let most = Value::BigInt(MOST_ROWS as i64);
                let sql = sql::fill(sql::COST, &fragments);
                let mut query = Query::new(&snapshot, &sql, conditions.values.into_iter().chain([most]))?;
                let rows = query.map(|row| {
                    let mut cells = Cells::of(row);
                    cells.take::<i64>()?;
                    Ok((cells.take()?, super::Sums::read(&mut cells)?))
                })?;
                rows.collect()
            })
            .await
    }
}

/// Spans that begin in the range, of traces that match. Zone maps understand the former.
pub(super) fn in_traces(filter: &Filter) -> Conditions {
    let times = Filter { since: filter.since, until: filter.until, ..Filter::default() };
    let mut conditions = times.on_spans();
    if !filter.is_only_times() {
        // A trace may have begun before.
        let traces = Filter { since: None, ..filter.clone() }.on_traces();
        conditions.add(&format!("trace_id IN (SELECT trace_id FROM trace WHERE {})", traces.sql()), traces.values);
    }
    conditions
}

fn answer(connection: &Connection, kind: PartKind, conditions: &Conditions) -> duckdb::Result<Vec<Part>> {
    let fragments = [
        ("column", kind.column()),
        ("kind", kind.span_kind().as_str()),
        ("value", "duration_ns"),
        ("filter", conditions.sql()),
    ];
    let mut query = Query::new(connection, &sql::fill(sql::PARTS, &fragments), &conditions.values)?;
    let mut rows = query.rows()?;
    let mut parts: HashMap<String, Sums> = HashMap::new();
    while let Some(row) = rows.next()? {
        let sums = parts.entry(row.get(0)?).or_default();
        let (runs, total): (u64, f64) = (row.get(3)?, row.get(4)?);
        if let Some(error) = row.get::<_, Option<String>>(1)? {
            *sums.errors.entry(error).or_default() += runs;
        }
        sums.runs += runs;
        sums.steps.add(row.get(2)?, runs, total / runs as f64);
        sums.last_ns = sums.last_ns.max(row.get(5)?);
    }
    let mut parts: Vec<Part> = parts.into_iter().map(|(name, sums)| sums.part(name)).collect();
    parts.sort_by(|one, other| other.runs.cmp(&one.runs).then_with(|| one.name.cmp(&other.name)));
    Ok(parts)
}

impl Sums {
    fn part(self, name: String) -> Part {
        Part {
            name,
            runs: self.runs,
            failures: self.errors.values().sum(),
            errors: most_frequent(&self.errors),
            duration: Spread::of(&self.steps),
            last_used: UnixNanos(self.last_ns),
        }
    }
}
